/** The sections that a trainer with WebAssembly kernels has in addition to the TypeScript functions. */
import { invariant } from "../../diagnostics/errors.ts";
import { isInstruction } from "../../loop/expressions.ts";
import { rowsOf } from "../typescript/module-parts.ts";
import type { TrainerKernels } from "../typescript/module-parts.ts";
import {
  comparingNames,
  comparingRoots,
  writeArenaOver,
  writeCompared,
  writeRun,
  writeSelfCheck,
} from "./write-comparison.ts";
import { assembleWasm } from "./wasm-module.ts";
import type { WasmOptions } from "./wasm-module.ts";
import { sharesWork, writeWasm } from "./write-wasm.ts";
import type { WasmPrograms } from "./write-wasm.ts";

/** Assembles the vectorised programs and returns them as the kernels of a trainer. */
export async function wasmKernels(
  vectors: Pick<WasmPrograms, "programs" | "plan"> | undefined,
  options: WasmOptions,
): Promise<TrainerKernels> {
  invariant(vectors !== undefined, "WebAssembly requires vectorised programs");
  const { programs, plan } = vectors;
  const wasm = { programs, plan, module: await assembleWasm(programs, plan, options) };
  const isShared = sharesWork(wasm);
  return {
    ownNames: ["wasm", "kernels", "math", "run", "batchAt", "shift", ...comparingNames],
    roots: [
      "startWasm",
      "WasmFacts",
      "TrainerOptions",
      ...comparingRoots,
      ...wasm.module.mathImports.filter((name) => !isInstruction(name)),
      ...(isShared ? ["servesAsWorker" as const] : []),
    ],
    optionsType: "TrainerOptions",
    arenaStart: "f.byteOffset",
    sections: (parts) => [
      { chapter: "wasm", write: (writer) => writeWasm(writer, wasm, parts.optimizer) },
      { chapter: "wasm", write: (writer, names) => writeCompared(writer, parts, wasm, names) },
      { chapter: "trainer", write: (writer, names) => writeArenaOver(writer, parts, names) },
    ],
    writeMemory: writeRun,
    callOf: (program, names) => `run.${program}(${rowsOf(names, program)})`,
    backend: 'wasm?.backend ?? "ts"',
    staging: {
      roots: ["stagedSteps", "singleSteps"],
      takeSteps: "wasm ? stagedSteps(model, wasm.staging, batchAt) : singleSteps",
    },
    running: { condition: "wasm", plan: wasm.plan },
    writeSelfCheck,
    // If the file runs as a worker thread, it serves kernels and does not run the program.
    ...(isShared && { serving: "servesAsWorker(model, kernels, math)" }),
  };
}
