// The data of a spec that names a file of another format: the command line reads that, the program reads the
// same columns as CSV. Only trainers of such a spec have this.
import type { TextParser } from "./csv-reader.ts";
import { InputError } from "../core/input-error.ts";

/** As `parse`, but what begins as another format does is told to be one. */
export const csvOnly =
  (parse: TextParser): TextParser =>
  (text, data, asked) => {
    if (!/^(PAR1|PK\x03|.NUMPY|\x1f|\s*[{[])/.test(text)) return parse(text, data, asked);
    throw new InputError("this program reads CSV: write the columns to such a file, or use `tapeless train`");
  };
