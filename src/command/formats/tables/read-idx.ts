// Reads the IDX files of one split, one for each input and target.
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { idxHeader, idxTable, itemsOf, type IdxArray } from "../../../runtime/data/idx.ts";
import type { Table } from "../../../runtime/data/table.ts";
import { inFile, wholeOf } from "./open-bytes.ts";
import type { Sized } from "./open-bytes.ts";

/** The sizes of IDX files. The messages are the same as in emitted programs. */
const idxSized: Sized = {
  code: "T2004",
  sizeIn: (beginning) => idxHeader(beginning).size,
  claim(beginning) {
    const { shape, size } = idxHeader(beginning);
    return `${shape.join("×")} numbers need ${size} bytes`;
  },
};

/** Reads `files`, by input or target, as one table. @throws DiagnosticError that names the file */
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
