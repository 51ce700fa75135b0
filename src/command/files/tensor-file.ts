/** Files of parameters in the formats of others, by the endings of their names. */
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { tensorFormats } from "../formats/parameters/formats.ts";
import type { StoredTensor, TensorFormat } from "../formats/parameters/tensors.ts";
import { onFile } from "../compile/emitted-errors.ts";
import { fileReason } from "../../compiler/util/file-reason.ts";
import { regularFile } from "../../compiler/util/regular-file.ts";
import { usageError } from "../terminal/usage-error.ts";

/** @throws DiagnosticError (T1010) for a name that ends otherwise. */
export function formatOf(file: string): TensorFormat {
  const ending = extname(file).toLowerCase();
  if (Object.hasOwn(tensorFormats, ending)) return tensorFormats[ending];
  throw usageError(
    `the name ${file} does not say what format it is in`,
    `it must end in ${Object.keys(tensorFormats).join(" or ")}`,
  );
}

/** @throws DiagnosticError (T1010, T3002) */
export async function readTensors(file: string): Promise<StoredTensor[]> {
  const format = formatOf(file);
  const found = await regularFile(file);
  if ("reason" in found) throw wrongTensors(file, `the file cannot be read: ${found.reason}`);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw wrongTensors(file, `the file cannot be read: ${fileReason(error)}`);
  });
  return onFile(file, "T3002", () => format.decode(bytes));
}

/** T3002: a file of tensors is not what was needed. */
export const wrongTensors = (file: string, message: string, notes: readonly string[] = []): DiagnosticError =>
  new DiagnosticError([{ code: "T3002", severity: "error", message, place: { file }, notes }]);
