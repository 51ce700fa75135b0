/** The error for a model file that is invalid, or that uses features that the importer does not support. */

/** The message is a complete sentence that names the location in the file. */
export class InvalidModel extends Error {
  constructor(message: string) {
    super(message);
    this.name = "InvalidModel";
  }
}
