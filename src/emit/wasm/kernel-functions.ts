/** The kernels of all programs as functions and calls of them. Equal ones are one function; those that threads may share have a number. */
import type { FunctionName } from "../../loop/expressions.ts";
import type { Kernel, LoopProgram } from "../../loop/types.ts";
import { groupBy } from "../../util/group-by.ts";
import { commentLines, provenanceLines } from "../provenance-lines.ts";
import { identifierMaker, storageWish } from "../typescript/identifiers.ts";
import { extentBody, kernelBody } from "./kernel-function.ts";
import type { ModuleScope } from "./kernel-function.ts";
import type { Library } from "./library.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { constant } from "./numbers.ts";
import { get, operation } from "./scope.ts";
import type { Float } from "./value-types.ts";

export interface KernelFunctions {
  readonly texts: readonly string[];
  /** The call of each kernel. */
  readonly calls: ReadonlyMap<Kernel, string>;
  /** Functions of kernels that threads may share, in the order of their numbers. */
  readonly shared: readonly string[];
}

interface Parts {
  readonly programs: readonly LoopProgram[];
  readonly layout: MemoryLayout;
  readonly float: Float;
  readonly batchSize: number;
}

/** Functions of a module, each text once. */
class Functions {
  readonly texts: string[] = [];
  private readonly byText = new Map<string, string>();
  private readonly byNumber = new Map<number, string>();
  private readonly identify: (wish: string) => string;
  private readonly scope: ModuleScope;
  constructor({ programs, float, batchSize, layout }: Parts, isFused: boolean, library: Library) {
    this.identify = identifierMaker(programs.map(({ name }) => name));
    const uses = (name: FunctionName, type: Float) => library.use(name, type);
    this.scope = { float, batchSize, isFused, layout, uses };
  }

  /** The name of the function with that text. */
  named(text: string, wish: string, comments: readonly string[] = []): string {
    const known = this.byText.get(text);
    if (known !== undefined) return known;
    const name = this.identify(wish);
    this.byText.set(text, name);
    this.texts.push([...comments, `(func $${name} ${text})`].join("\n"));
    return name;
  }

  /** The name of the kernel's function, which may be that of one with its number. */
  ofKernel(kernel: Kernel, program: LoopProgram, alike: readonly Kernel[]): string {
    const known = kernel.shared && this.byNumber.get(kernel.shared.number);
    if (known !== undefined) return known;
    const comments = [...provenanceLines(kernel.provenance, ";;"), ...othersLines(kernel, alike)];
    const wish = `compute_${storageWish(kernel.name)}`;
    const name = this.named(kernelBody(kernel, program, this.scope), wish, comments);
    if (kernel.shared) this.byNumber.set(kernel.shared.number, name);
    return name;
  }

  extent(kernel: Kernel, program: LoopProgram): string {
    return this.named(extentBody(kernel, program, this.scope), `extent_${storageWish(kernel.name)}`);
  }
}

/** Whom else a function serves. */
function othersLines(kernel: Kernel, alike: readonly Kernel[]): string[] {
  const names = [...new Set(alike.map(({ name }) => storageWish(name)))].filter(
    (name) => name !== storageWish(kernel.name),
  );
  return names.length === 0 ? [] : commentLines(`And in the same way ${names.join(", ")}.`, ";;");
}

/** Kernels by number. */
function alikeOf(programs: readonly LoopProgram[]): ReadonlyMap<number, readonly Kernel[]> {
  const numbered = programs.flatMap(({ kernels }) =>
    kernels.flatMap((kernel) => (kernel.shared ? [{ kernel, number: kernel.shared.number }] : [])),
  );
  const groups = groupBy(numbered, ({ number }) => number);
  return new Map([...groups].map(([number, members]) => [number, members.map(({ kernel }) => kernel)]));
}

export function kernelFunctions(parts: Parts, isFused: boolean, library: Library): KernelFunctions {
  const functions = new Functions(parts, isFused, library);
  const alike = alikeOf(parts.programs);
  const shared: string[] = [];
  const calls = new Map<Kernel, string>();
  for (const program of parts.programs)
    for (const kernel of program.kernels) {
      const name = functions.ofKernel(kernel, program, alike.get(kernel.shared?.number ?? -1) ?? []);
      const told = (kernel.shared?.addresses ?? []).map((buffer) =>
        constant(parts.layout.baseOf(program, buffer), "i32"),
      );
      if (kernel.split === undefined) {
        calls.set(kernel, operation(`call $${name}`, get("n"), ...told));
        continue;
      }
      const part = told.length === 0 ? name : functions.named(partText(name, told), `part_of_${name}`);
      if (!shared.includes(part)) shared.push(part);
      const extent = operation(`call $${functions.extent(kernel, program)}`, get("n"));
      calls.set(kernel, sharedCall({ name, told, extent }, shared.indexOf(part), kernel.split.multiple));
    }
  return { texts: functions.texts, calls, shared };
}

/** Threads know of a kernel its number and no more: what it is told stands in a function of its own. */
const partText = (name: string, told: readonly string[]): string =>
  ["n", "from", "to"].map((parameter) => `(param $${parameter} i32)`).join(" ") +
  `\n  ${operation(`call $${name}`, get("n"), get("from"), get("to"), ...told)}`;

/** One thread does all of it at once. */
const sharedCall = (
  {
    name,
    told,
    extent,
  }: { readonly name: string; readonly told: readonly string[]; readonly extent: string },
  index: number,
  multiple: number,
): string =>
  `(if (i32.eq (global.get $threads) (i32.const 1))
    (then ${operation(`call $${name}`, get("n"), constant(0, "i32"), extent, ...told)})
    (else (call $parallel (i32.const ${index}) (local.get $n) ${extent} (i32.const ${multiple}))))`;
