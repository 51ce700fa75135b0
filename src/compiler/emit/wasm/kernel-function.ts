/** Prints a kernel as a WebAssembly function. */
import { rowsVariable } from "../../loop/expressions.ts";
import type { FunctionName } from "../../loop/expressions.ts";
import { bytesOfElement } from "../../loop/types.ts";
import { invariant } from "../../diagnostics/errors.ts";
import type { For, Kernel, LoopProgram, Statement } from "../../loop/types.ts";
import { storageLabel } from "../../ir/storage.ts";
import { identifierMaker, nameLocals } from "../identifiers.ts";
import { expressionText } from "./expressions.ts";
import { rangesOf } from "../../loop/intervals.ts";
import type { MemoryLayout } from "./memory-layout.ts";
import { constant } from "./value-types.ts";
import type { Float, ValueType } from "./value-types.ts";
import { get, operation, uniqueVariables } from "./scope.ts";
import type { Scope } from "./scope.ts";
import { loopLines, statementLines } from "./statements.ts";

/**
 * The context that the module provides to a kernel's function: types, memory layout and library functions.
 */
export interface ModuleScope {
  readonly float: Float;
  readonly batchSize: number;
  readonly isFused: boolean;
  readonly layout: Pick<MemoryLayout, "baseOf" | "scratchOf">;
  uses(name: FunctionName, type: "f32" | "f64"): void;
}

/** The locals of a function, in the order of their first use. */
class Locals {
  readonly types = new Map<string, ValueType>();
  private inUse = 0;
  private readonly names: ReadonlyMap<string, string>;
  constructor(names: ReadonlyMap<string, string>) {
    this.names = names;
  }
  /**
   * Variables of different blocks may have the same name but different types. A local has one type, so each
   * type gets its own local.
   */
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

/**
 * The scope for the statements of a kernel. Locals that contain the address of a buffer (a parameter or
 * scratch) are named after the buffer.
 */
function scopeOf(
  kernel: Kernel,
  addresses: readonly string[],
  program: LoopProgram,
  module: ModuleScope,
): { scope: Scope; locals: Locals } {
  const named = nameLocals(kernel, new Set(["n", "from", "to"]), (buffer) => buffer);
  const identify = identifierMaker(named.values());
  const ofAddresses = addresses.map((buffer) => [buffer, identify(storageLabel(buffer))] as const);
  const locals = new Locals(new Map([...named, ...ofAddresses, [rowsVariable, "n"]]));
  const scope: Scope = {
    float: module.float,
    isFused: module.isFused,
    ranges: rangesOf(kernel.body, module.batchSize, addresses),
    baseOf: (buffer) => (addresses.includes(buffer) ? 0 : module.layout.baseOf(program, buffer)),
    bytesOf: (buffer) => bytesOfElement[program.buffers.get(buffer)?.element ?? module.float],
    localOf: (variable, type) => locals.of(variable, type),
    temporary: (type) => locals.temporary(type),
    endStatement: () => locals.endStatement(),
    uses: module.uses,
  };
  return { scope, locals };
}

/** Computes the addresses of scratch buffers from the scratch address of the current thread. */
const scratchLines = (scratch: ReadonlyMap<string, number>, scope: Scope): string[] =>
  [...scratch].map(([buffer, offset]) =>
    operation(
      `local.set $${scope.localOf(buffer, "i32")}`,
      operation("i32.add", "(global.get $scratch)", constant(offset, "i32")),
    ),
  );

const typesInOrder: readonly ValueType[] = ["i32", "f32", "f64", "v128"];

/** The declarations of locals, ordered by type, in short lines: `(local $i i32) (local $j i32)`. */
function declarations(locals: Locals, parameters: readonly string[]): string[] {
  const own = [...locals.types].filter(([local]) => !parameters.includes(local));
  return typesInOrder.flatMap((type) => {
    const texts = own.flatMap(([local, of]) => (of === type ? [`(local $${local} ${type})`] : []));
    return Array.from({ length: Math.ceil(texts.length / 5) }, (_, row) =>
      texts.slice(5 * row, 5 * row + 5).join(" "),
    );
  });
}

/** The text of the function without its name, so that kernels with equal text can share one function. */
export function kernelBody(written: Kernel, program: LoopProgram, module: ModuleScope): string {
  const kernel = { ...written, body: uniqueVariables(written.body) };
  const scratch = module.layout.scratchOf(written);
  const addressArguments = written.shared?.addresses ?? [];
  const { scope, locals } = scopeOf(kernel, [...scratch.keys(), ...addressArguments], program, module);
  const isSplit = written.split !== undefined;
  const parameters = [
    ...(isSplit ? ["n", "from", "to"] : ["n"]),
    ...addressArguments.map((buffer) => scope.localOf(buffer, "i32")),
  ];
  const lines = [
    ...scratchLines(scratch, scope),
    ...(isSplit ? partLines(kernel, scope) : statementLines(kernel.body, scope)),
  ];
  return [
    parameters.map((name) => `(param $${name} i32)`).join(" "),
    ...indented([...declarations(locals, parameters), ...lines]),
  ].join("\n");
}

/** The outermost loop of a parallel kernel, and the definitions that precede the loop. */
function outermost({ name, body }: Kernel): { readonly before: readonly Statement[]; readonly loop: For } {
  const loop = body[body.length - 1];
  const before = body.slice(0, -1);
  invariant(
    loop?.kind === "for" && before.every(({ kind }) => kind === "let"),
    `${name} is not a parallel loop`,
  );
  return { before, loop };
}

/**
 * The lines of the definitions and of one part of the loop. The parameters `from` and `to` are its bounds.
 */
function partLines(kernel: Kernel, scope: Scope): string[] {
  const { before, loop } = outermost(kernel);
  return [
    ...statementLines(before, scope),
    ...loopLines(loop, { from: get("from"), to: get("to"), isSure: false }, scope),
  ];
}

/**
 * The text, without its name, of a function that returns the extent of a parallel kernel's loop for n rows.
 */
export function extentBody(kernel: Kernel, program: LoopProgram, module: ModuleScope): string {
  const { scope, locals } = scopeOf(kernel, [], program, module);
  const text = expressionText(outermost(kernel).loop.to, scope);
  return ["(param $n i32) (result i32)", ...indented([...declarations(locals, ["n"]), text])].join("\n");
}
