/**
 * The kernels of all programs as functions, and the calls of these functions. Equal kernels share one
 * function. Parallel kernels are numbered, because threads receive the number of a kernel.
 */
import type { FunctionName } from "../../loop/expressions.ts";
import type { Kernel, LoopProgram } from "../../loop/types.ts";
import { groupBy } from "../../util/collections.ts";
import { commentLines, provenanceLines } from "../statement-provenance.ts";
import { storageLabel } from "../../ir/storage.ts";
import { identifierMaker } from "../identifiers.ts";
import { extentBody, kernelBody } from "./kernel-function.ts";
import type { ModuleScope } from "./kernel-function.ts";
import { kernelRole, roleName } from "../kernel-roles.ts";
import type { Library } from "./library.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { constant } from "./value-types.ts";
import type { Float } from "./value-types.ts";
import { get, operation } from "./scope.ts";

export interface KernelFunctions {
  readonly texts: readonly string[];
  /** The text of each kernel's function, without comments. */
  readonly functions: ReadonlyMap<Kernel, string>;
  /** The call of each kernel. */
  readonly calls: ReadonlyMap<Kernel, string>;
  /** The functions of parallel kernels, in the order of their numbers. */
  readonly shared: readonly string[];
}

interface Parts {
  readonly programs: readonly LoopProgram[];
  readonly layout: MemoryLayout;
  readonly float: Float;
  readonly batchSize: number;
}

interface WasmFunction {
  readonly name: string;
  readonly text: string;
}

/** The functions of a module, without duplicates. */
class Functions {
  readonly texts: string[] = [];
  private readonly byBody = new Map<string, WasmFunction>();
  private readonly byNumber = new Map<number, WasmFunction>();
  private readonly identify: (nameHint: string) => string;
  private readonly scope: ModuleScope;
  constructor({ programs, float, batchSize, layout }: Parts, isFused: boolean, library: Library) {
    this.identify = identifierMaker(programs.map(({ name }) => name));
    const uses = (name: FunctionName, type: Float) => library.use(name, type);
    this.scope = { float, batchSize, isFused, layout, uses };
  }

  /** Returns the function with this body, and adds it to the module if it does not exist yet. */
  withBody(body: string, nameHint: string, comments: readonly string[] = []): WasmFunction {
    const known = this.byBody.get(body);
    if (known !== undefined) return known;
    const name = this.identify(nameHint);
    const made = { name, text: `(func $${name} ${body})` };
    this.byBody.set(body, made);
    this.texts.push([...comments, made.text].join("\n"));
    return made;
  }

  /** Returns the function of a kernel. The equal kernels `alike` share it. */
  ofKernel(kernel: Kernel, program: LoopProgram, alike: readonly Kernel[]): WasmFunction {
    const known = kernel.shared && this.byNumber.get(kernel.shared.number);
    if (known !== undefined) return known;
    const comments = [
      ...provenanceLines(kernel.provenance, ";;").map(({ text }) => text),
      ...othersLines(kernel, alike),
    ];
    const nameHint = nameOf(program, kernel);
    const made = this.withBody(kernelBody(kernel, program, this.scope), nameHint, comments);
    if (kernel.shared) this.byNumber.set(kernel.shared.number, made);
    return made;
  }

  extentOf(kernel: Kernel, program: LoopProgram): WasmFunction {
    return this.withBody(extentBody(kernel, program, this.scope), `extent_of_${nameOf(program, kernel)}`);
  }
}

const nameOf = ({ name }: LoopProgram, kernel: Kernel): string => roleName(kernelRole(name, kernel));

/** A comment that lists the other values for which a function is called. */
function othersLines(kernel: Kernel, alike: readonly Kernel[]): string[] {
  const names = [...new Set(alike.map(({ name }) => storageLabel(name)))].filter(
    (name) => name !== storageLabel(kernel.name),
  );
  return names.length === 0
    ? []
    : commentLines(`Also called for ${names.join(", ")}, with other offsets.`, ";;");
}

/** The kernels that share a function, by the number that they have in common. */
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
  const texts = new Map<Kernel, string>();
  for (const program of parts.programs)
    for (const kernel of program.kernels) {
      const others = kernel.shared && alike.get(kernel.shared.number);
      const { name, text } = functions.ofKernel(kernel, program, others ?? []);
      texts.set(kernel, text);
      const addresses = (kernel.shared?.addresses ?? []).map((buffer) =>
        constant(parts.layout.baseOf(program, buffer), "i32"),
      );
      if (kernel.split === undefined) {
        calls.set(kernel, operation(`call $${name}`, get("n"), ...addresses));
        continue;
      }
      const part =
        addresses.length === 0 ? name : functions.withBody(partBody(name, addresses), `part_of_${name}`).name;
      if (!shared.includes(part)) shared.push(part);
      const extent = operation(`call $${functions.extentOf(kernel, program).name}`, get("n"));
      calls.set(kernel, sharedCall({ name, addresses, extent }, shared.indexOf(part), kernel.split.multiple));
    }
  return { texts: functions.texts, functions: texts, calls, shared };
}

/**
 * The body of a function that calls a kernel with its addresses. Threads receive only the number of a kernel,
 * so a kernel that takes addresses needs this function.
 */
const partBody = (name: string, addresses: readonly string[]): string =>
  ["n", "from", "to"].map((parameter) => `(param $${parameter} i32)`).join(" ") +
  `\n  ${operation(`call $${name}`, get("n"), get("from"), get("to"), ...addresses)}`;

/**
 * The call of a parallel kernel. With a single thread, it calls the kernel's function once for the whole
 * loop.
 */
const sharedCall = (
  {
    name,
    addresses,
    extent,
  }: { readonly name: string; readonly addresses: readonly string[]; readonly extent: string },
  index: number,
  multiple: number,
): string =>
  `(if (i32.eq (global.get $threads) (i32.const 1))
    (then ${operation(`call $${name}`, get("n"), constant(0, "i32"), extent, ...addresses)})
    (else (call $parallel (i32.const ${index}) (local.get $n) ${extent} (i32.const ${multiple}))))`;
