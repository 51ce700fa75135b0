/** A whole module as WebAssembly text: what it imports, kernels under their formulas, programs that call them in order, and many steps in one call. */
import type { FunctionName } from "../../loop/expressions.ts";
import type { MemoryPlan } from "../../loop/memory.ts";
import type { Kernel, LoopProgram } from "../../loop/types.ts";
import { provenanceLines } from "../provenance-lines.ts";
import { identifierMaker, storageWish } from "../typescript/identifiers.ts";
import { kernelBody } from "./kernel-function.ts";
import { Library } from "./library.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { operation } from "./scope.ts";
import { stepsFunction } from "./steps.ts";
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
}

/** A function of a module, and for each kernel what it is called. */
interface KernelFunctions {
  readonly texts: readonly string[];
  readonly names: ReadonlyMap<Kernel, string>;
}

/** Equal kernels of several programs, at the same places, are one function. */
function kernelFunctions(parts: ModuleParts, isFused: boolean, library: Library): KernelFunctions {
  const { programs, float, batchSize, layout } = parts;
  const identify = identifierMaker(programs.map(({ name }) => name));
  const byBody = new Map<string, string>();
  const names = new Map<Kernel, string>();
  const texts: string[] = [];
  const scope = {
    float,
    batchSize,
    isFused,
    layout,
    uses: (name: FunctionName, type: Float) => library.use(name, type),
  };
  for (const program of programs)
    for (const kernel of program.kernels) {
      const body = kernelBody(kernel, program, scope);
      const known = byBody.get(body);
      const name = known ?? identify(`compute_${storageWish(kernel.name)}`);
      names.set(kernel, name);
      if (known !== undefined) continue;
      byBody.set(body, name);
      texts.push([...provenanceLines(kernel.provenance, ";;"), `(func $${name} ${body})`].join("\n"));
    }
  return { texts, names };
}

/** `gradient` gives the loss that it has stored. */
function programFunction(
  { name, kernels }: LoopProgram,
  names: ReadonlyMap<Kernel, string>,
  parts: ModuleParts,
): string {
  const loss = name === "gradient" ? parts.plan.storage.get("result:loss") : undefined;
  const type = loss?.buffer.element;
  const result = type === undefined ? "" : ` (result ${type})`;
  const calls = kernels.map((kernel) => `  (call $${names.get(kernel)} (local.get $n))`);
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
  const { texts, names } = kernelFunctions(parts, isFused, library);
  const runs = programs.map((program) => programFunction(program, names, parts));
  const steps = stepsFunction(parts);
  const code = [...texts, ...runs, ...(steps === undefined ? [] : [steps])];
  const { texts: imports, names: mathImports } = library.imports();
  const pages = Math.ceil((layout.bytes + layout.scratchBytes) / pageBytes);
  const fields = [
    `(import "env" "memory" (memory ${pages} ${pageBytes}))`,
    '(import "env" "scratch" (global $scratch i32))',
    ...imports,
    ...library.definitions(code),
    ...code,
  ];
  return { text: `(module\n\n${fields.join("\n\n")}\n\n)\n`, mathImports };
}
