// Reads the IDX files of a part of the data for the command line: one for each input and target.
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { idxHeader, idxTable, itemsOf } from "../../../runtime/data/idx.ts";
import type { IdxArray } from "../../../runtime/data/idx.ts";
import type { Table } from "../../../runtime/data/table.ts";
import { inFile, wholeOf } from "./open-bytes.ts";
import type { Sized } from "./open-bytes.ts";

/** Said as the emitted programs do. */
const idxSized: Sized = {
  code: "T2004",
  sizeIn: (beginning) => idxHeader(beginning).size,
  claim(beginning) {
    const { shape, size } = idxHeader(beginning);
    return `${shape.join("×")} numbers take ${size} bytes`;
  },
};

/** These files as one table, by input and target. Throws a DiagnosticError that names the file. */
export async function readIdx(model: ModelFacts, files: Readonly<Record<string, string>>): Promise<Table> {
  const contents: Record<string, IdxArray> = {};
  let before: { name: string; items: number } | undefined;
  for (const [name, file] of Object.entries(files)) {
    const bytes = await wholeOf(file, idxSized);
    contents[name] = inFile(file, "T2004", () => itemsOf(model, name, bytes, before));
    before = { name, items: contents[name].shape[0] };
  }
  return idxTable(contents);
}
