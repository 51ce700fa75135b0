/** The error for a model file that is not valid or has parts that the importer does not support. */

/** The message is a whole sentence that names the part of the file. */
export class InvalidModel extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidModel";
  }
}
