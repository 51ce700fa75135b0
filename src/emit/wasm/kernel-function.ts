/** One kernel as a function of WebAssembly, under the formulas that it implements. */
import { rowsVariable } from "../../loop/expressions.ts";
import type { FunctionName } from "../../loop/expressions.ts";
import type { Kernel, LoopProgram } from "../../loop/types.ts";
import { nameLocals } from "../typescript/identifiers.ts";
import type { Base } from "./addresses.ts";
import { rangesOf } from "./intervals.ts";
import { bytesOfElement } from "../../loop/memory.ts";
import type { Scope } from "./scope.ts";
import { statementLines } from "./statements.ts";
import type { Float, ValueType } from "./value-types.ts";

/** What kernels must know of the module around them. */
export interface ModuleScope {
  readonly float: Float;
  readonly batchSize: number;
  readonly isFused: boolean;
  baseOf(program: LoopProgram, kernel: Kernel, buffer: string): Base;
  uses(name: FunctionName, type: "f32" | "f64"): void;
}

/** Locals of a function, in the order of their first use. */
class Locals {
  readonly types = new Map<string, ValueType>();
  private inUse = 0;
  private readonly names: ReadonlyMap<string, string>;
  constructor(names: ReadonlyMap<string, string>) {
    this.names = names;
  }
  /** Blocks that do not nest may use one name for values of several types; locals are of one. */
  of(variable: string, type: ValueType): string {
    const plain = this.names.get(variable) ?? variable;
    const known = this.types.get(plain) ?? type;
    const name = known === type ? plain : `${plain}.${type}`;
    this.types.set(name, type);
    return name;
  }
  temporary(type: ValueType): string {
    return this.of(`${type}.${this.inUse++}`, type);
  }
  endStatement(): void {
    this.inUse = 0;
  }
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

const baseScope = (
  kernel: Kernel,
  program: LoopProgram,
  module: ModuleScope,
): { scope: Scope; locals: Locals } => {
  const names = nameLocals(kernel, new Set(["n", "from", "to"]), (buffer) => buffer);
  const locals = new Locals(new Map([...names, [rowsVariable, "n"]]));
  locals.of("n", "i32");
  const scope: Scope = {
    float: module.float,
    isFused: module.isFused,
    ranges: rangesOf(kernel.body, module.batchSize),
    baseOf: (buffer) => module.baseOf(program, kernel, buffer),
    bytesOf: (buffer) => bytesOfElement[program.buffers.get(buffer)?.element ?? module.float],
    localOf: (variable, type) => locals.of(variable, type),
    temporary: (type) => locals.temporary(type),
    endStatement: () => locals.endStatement(),
    uses: module.uses,
  };
  return { scope, locals };
};

/** What stands between the name of the function and its end: kernels that agree in it are one function. */
export function kernelBody(kernel: Kernel, program: LoopProgram, module: ModuleScope): string {
  const { scope, locals } = baseScope(kernel, program, module);
  const body = statementLines(kernel.body, scope);
  const declared = [...locals.types].filter(([local]) => local !== "n");
  return [
    "(param $n i32)",
    ...declared.map(([local, type]) => `  (local $${local} ${type})`),
    ...indented(body),
  ].join("\n");
}
