/**
 * The thread for work of the language server that must not delay a keystroke: counting FLOPs, which needs kernels, and
 * running specs in TypeScript, which may never end.
 */
import { parentPort } from "node:worker_threads";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { lowerPrediction } from "../../compiler/pipeline.ts";
import { flopsPerRow, layerTable } from "../../compiler/trainer/layer-table.ts";
import { readGuarded } from "../compile/compile-spec.ts";
import { analyse, analysisOf } from "./analyse.ts";
import { fileAccess } from "./file-access.ts";

/** `costs`: the FLOPs of the layers of a text. `run`: the diagnostics of a saved file in TypeScript. */
export type BackgroundRequest =
  | {
      readonly kind: "costs";
      readonly file: string;
      readonly text: string;
      readonly format: "json" | "yaml";
      /** The folders of the workspace. */
      readonly folders: readonly string[];
    }
  | { readonly kind: "run"; readonly file: string };

export interface BackgroundReply {
  /** The FLOPs to predict one row, for each layer of the model; empty for a spec with errors. */
  readonly flops: readonly number[];
  readonly diagnostics: readonly Diagnostic[];
  readonly omitted: number;
}

async function reply(request: BackgroundRequest): Promise<BackgroundReply> {
  const { file } = request;
  if (request.kind === "run") {
    const { diagnostics, omitted } = await analysisOf(file, () => readGuarded(file));
    return { flops: [], diagnostics, omitted };
  }
  const { read } = fileAccess(file, request.folders);
  const { built, diagnostics, omitted } = await analyse({ ...request, read });
  if (built === undefined) return { flops: [], diagnostics, omitted };
  const { model, graphs } = built;
  const rows = layerTable(model, graphs, lowerPrediction(model, graphs, "f32"));
  return { flops: rows.map((row) => flopsPerRow(row, model)), diagnostics, omitted };
}

parentPort?.on("message", (request: BackgroundRequest) => {
  void reply(request).then((found) => parentPort?.postMessage(found));
});
