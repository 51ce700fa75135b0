/** A whole module as WebAssembly text: what it imports, kernels under their formulas, programs that call them in order, and many steps in one call. */
import type { FunctionName } from "../../loop/expressions.ts";
import type { MemoryPlan } from "../../loop/memory.ts";
import type { Kernel, LoopProgram } from "../../loop/types.ts";
import { provenanceLines } from "../provenance-lines.ts";
import { identifierMaker, storageWish } from "../typescript/identifiers.ts";
import { extentBody, kernelBody } from "./kernel-function.ts";
import { Library } from "./library.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { operation } from "./scope.ts";
import { stepsFunction } from "./steps.ts";
import { sharingFields } from "./threads.ts";
import type { Float } from "./value-types.ts";

export interface ModuleParts {
  readonly programs: readonly LoopProgram[];
  readonly plan: MemoryPlan;
  readonly layout: MemoryLayout;
  readonly float: Float;
  readonly batchSize: number;
}

export interface ModuleText {
  readonly text: string;
  /** Functions of JavaScript's that the module imports. */
  readonly mathImports: readonly FunctionName[];
  /** The function of each kernel. */
  readonly functions: ReadonlyMap<Kernel, string>;
  /** Whether threads may share any of its kernels. */
  readonly isShared: boolean;
}

interface KernelFunctions {
  readonly texts: readonly string[];
  readonly functions: ReadonlyMap<Kernel, string>;
  /** The call of each kernel. */
  readonly calls: ReadonlyMap<Kernel, string>;
  /** Functions of kernels that threads may share, in the order of their numbers. */
  readonly shared: readonly string[];
}

/** Equal kernels of several programs, at the same places, are one function. Those that threads may share have a number. */
function kernelFunctions(parts: ModuleParts, isFused: boolean, library: Library): KernelFunctions {
  const { programs, float, batchSize, layout } = parts;
  const identify = identifierMaker(programs.map(({ name }) => name));
  const byText = new Map<string, string>();
  const texts: string[] = [];
  const shared: string[] = [];
  const calls = new Map<Kernel, string>();
  const functions = new Map<Kernel, string>();
  const scope = {
    float,
    batchSize,
    isFused,
    layout,
    uses: (name: FunctionName, type: Float) => library.use(name, type),
  };
  /** The name of the function with that text, which is there once. */
  const functionOf = (text: string, wish: string, comments: readonly string[] = []): string => {
    const known = byText.get(text);
    if (known !== undefined) return known;
    const name = identify(wish);
    byText.set(text, name);
    texts.push([...comments, functionText(name, text)].join("\n"));
    return name;
  };
  for (const program of programs)
    for (const kernel of program.kernels) {
      const wish = storageWish(kernel.name);
      const comments = provenanceLines(kernel.provenance, ";;");
      const body = kernelBody(kernel, program, scope);
      const name = functionOf(body, `compute_${wish}`, comments);
      functions.set(kernel, functionText(name, body));
      if (kernel.split === undefined) {
        calls.set(kernel, `(call $${name} (local.get $n))`);
        continue;
      }
      const extent = `(call $${functionOf(extentBody(kernel, program, scope), `extent_${wish}`)} (local.get $n))`;
      if (!shared.includes(name)) shared.push(name);
      calls.set(kernel, sharedCall(name, shared.indexOf(name), extent, kernel.split.multiple));
    }
  return { texts, functions, calls, shared };
}

const functionText = (name: string, text: string): string => `(func $${name} ${text})`;

/** One thread does all of it at once. */
const sharedCall = (name: string, index: number, extent: string, multiple: number): string =>
  `(if (i32.eq (global.get $threads) (i32.const 1))
    (then (call $${name} (local.get $n) (i32.const 0) ${extent}))
    (else (call $parallel (i32.const ${index}) (local.get $n) ${extent} (i32.const ${multiple}))))`;

/** `gradient` gives the loss that it has stored. */
function programFunction(
  { name, kernels }: LoopProgram,
  callOf: ReadonlyMap<Kernel, string>,
  parts: ModuleParts,
): string {
  const loss = name === "gradient" ? parts.plan.storage.get("result:loss") : undefined;
  const type = loss?.buffer.element;
  const result = type === undefined ? "" : ` (result ${type})`;
  const calls = kernels.map((kernel) => `  ${callOf.get(kernel)}`);
  const given =
    loss === undefined
      ? []
      : [`  ${operation(`${type}.load offset=${parts.layout.base + loss.offset}`, "(i32.const 0)")}`];
  return [`(func $${name} (export "${name}") (param $n i32)${result}`, ...calls, ...given].join("\n") + ")";
}

const pageBytes = 65536;

/** Fused: with the instructions of relaxed SIMD, else with those that every engine with SIMD has. */
export function moduleText(parts: ModuleParts, isFused: boolean): ModuleText {
  const { programs, layout } = parts;
  const library = new Library();
  const { texts, functions, calls, shared } = kernelFunctions(parts, isFused, library);
  const runs = programs.map((program) => programFunction(program, calls, parts));
  const steps = stepsFunction(parts);
  const code = [...texts, ...runs, ...(steps === undefined ? [] : [steps]), ...sharingFields(shared)];
  const { texts: imports, names: mathImports } = library.imports();
  const pages = Math.ceil((layout.bytes + layout.scratchBytes) / pageBytes);
  const fields = [
    `(import "env" "memory" (memory ${pages} ${pageBytes}))`,
    ...["scratch", "threads", "control"].map((name) => `(import "env" "${name}" (global $${name} i32))`),
    ...imports,
    ...library.definitions(code),
    ...code,
  ];
  const text = `(module\n\n${fields.join("\n\n")}\n\n)\n`;
  return { text, mathImports, functions, isShared: shared.length > 0 };
}
