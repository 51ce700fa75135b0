/** Reads ONNX files for commands, and converts errors in them to diagnostics. */
import { readFile } from "node:fs/promises";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import { UnknownName } from "../../compiler/differentiate-onnx.ts";
import { UnsupportedNodes } from "../../compiler/library/onnx/import-graph.ts";
import { InvalidModel } from "../../compiler/library/onnx/invalid-model.ts";
import { readModelContent } from "../../compiler/spec/model-files.ts";
import type { GivenModel } from "../../compiler/spec/model-files.ts";
import { externalFilesOf } from "../../compiler/spec/read/external-files.ts";
import { fileReason } from "../../compiler/util/message-text.ts";
import { regularFile } from "../formats/tables/open-bytes.ts";
import { usageError } from "../terminal/report-error.ts";

/** Reads a model with its external data. @throws DiagnosticError (T1001, T3005) */
export async function openModel(file: string): Promise<GivenModel> {
  const found = await regularFile(file);
  if ("reason" in found) throw modelError(file, "T1001", `cannot read the file: ${found.reason}`);
  const bytes = await readFile(file).catch((error: unknown) => {
    throw modelError(file, "T1001", `cannot read the file: ${fileReason(error)}`);
  });
  return readModelContent({ bytes, open: externalFilesOf(file) }).catch((error: unknown) =>
    onModel(file, () => {
      throw error;
    }),
  );
}

/**
 * @throws DiagnosticError with every node that is not supported (T1901), if the file is not a valid model (T3005), or
 * if it does not have a name that the user wrote (T1010)
 */
export function onModel<T>(file: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof UnsupportedNodes)
      throw new DiagnosticError(
        error.refusals.map(({ node, operator, reason }) => ({
          code: "T1901",
          severity: "error",
          message: `the node "${node}" (${operator}) ${reason}`,
          location: { file },
        })),
      );
    if (error instanceof UnknownName) throw usageError(error.message, error.hint);
    if (error instanceof InvalidModel) throw modelError(file, "T3005", error.message);
    throw error;
  }
}

export const modelError = (file: string, code: Diagnostic["code"], message: string): DiagnosticError =>
  new DiagnosticError([{ code, severity: "error", message, location: { file } }]);
