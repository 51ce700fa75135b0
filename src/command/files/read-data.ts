/** Reads a data file for training; one that cannot be read is told at the place in the spec that names it. */
import { readTable } from "../formats/tables/read-table.ts";
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { formatPath } from "../../compiler/diagnostics/format-path.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Wanted } from "../formats/tables/wanted-columns.ts";
import type { Table } from "../../runtime/data/table.ts";
import { located, type SpecSource } from "../../compiler/spec/read/spec-source.ts";
import { showValue } from "../../compiler/util/show-value.ts";
import { regularFile } from "../../compiler/util/regular-file.ts";

/** A file, and where the spec names it; without a path the command line does. */
export interface DataFile {
  readonly file: string;
  readonly path?: SpecPath;
}

/** The table of a data file. @throws DiagnosticError (T2001 to T2003) */
export async function readData(data: DataFile, source: SpecSource, wanted: Wanted): Promise<Table> {
  await checkReadable(data, source);
  const table = await readTable(data.file, wanted);
  if (table.told !== "") process.stderr.write(`${data.file}: ${table.told}\n`);
  return table;
}

/** @throws DiagnosticError (T2001) at the place of the spec that names a file which cannot be read */
export async function checkReadable({ file, path }: DataFile, source: SpecSource): Promise<void> {
  const found = await regularFile(file);
  if (!("reason" in found)) return;
  const { reason } = found;
  await located(source, () => {
    throw new DiagnosticError([
      path === undefined
        ? { code: "T2001", severity: "error", message: `the data cannot be read: ${reason}`, place: { file } }
        : {
            code: "T2001",
            severity: "error",
            message: `${formatPath(path)}: ${showValue(file)} cannot be read: ${reason}`,
            path,
            hint: "paths of data are relative to the spec; --data names another file",
          },
    ]);
  });
}
