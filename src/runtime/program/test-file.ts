// The test part where it is a file of its own. Only trainers of such a spec have this.
import { InputError } from "../core/input-error.ts";
import type { DataReader } from "./program.ts";

/** A file of training rows and one of test rows, each read as one of all rows is. */
export const fileAndTest = (one: DataReader): DataReader => ({
  help: `${one.help}
  --test FILE          one of the same columns: the rows of the test part (needed)`,
  async read(program, flags) {
    const source = await one.read(program, flags);
    const { "--test": file, "--predict": asked, "--out": out } = flags;
    if (asked !== undefined) return source;
    if (file === undefined) throw new InputError("--test FILE is needed (see --help)");
    return { ...source, test: await one.read(program, { "--data": file, "--out": out }) };
  },
});
