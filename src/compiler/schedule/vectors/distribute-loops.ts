/**
 * Purpose   Loop distribution: divide each kernel into kernels with one nest or one run of scalar statements
 *           each, so that threads can share a nest.
 * Requires  kernels with one index per axis, after fusion.
 * Ensures   the same stores in the same order. An accumulator, the loop that updates it, and the statements
 *           after that loop stay together. Other values that a later kernel reads are passed in temporaries
 *           of one element. A provenance line belongs to the kernel that computes its value, or else to the
 *           kernel with the most work, which also keeps the name.
 * Example   let a = … ; s[] = a ; for i: … a …
 *           =>   { let a = … ; s[] = a ; a'[] = a }  { let a = a'[] ; for i: … a … }
 */
import { accessesOf } from "../../loop/accesses.ts";
import { convert } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { define, store, substituteVariables, visitStatements } from "../../loop/statements.ts";
import type { Buffer, Kernel, Statement } from "../../loop/types.ts";
import { defineLoopStage } from "../../stages/loops.ts";
import { nameMaker } from "../../util/name-maker.ts";
import { divideProvenance } from "./cut-kernel.ts";

type Part = readonly Statement[];

const mentions = (statement: Statement, name: string): boolean => {
  const { reads, assigns } = accessesOf([statement]);
  return reads.has(name) || assigns.has(name);
};

/** The variables that a statement assigns but does not define. */
function accumulatorsOf(statement: Statement): ReadonlySet<string> {
  const own = new Set<string>();
  const assigned = new Set<string>();
  visitStatements([statement], (s) => {
    if (s.kind === "let") own.add(s.name);
    if (s.kind === "assign") assigned.add(s.name);
  });
  return new Set([...assigned].filter((name) => !own.has(name)));
}

/**
 * Moves the definition of each mutable variable with a constant initial value directly before the first use
 * of the variable. Replaces immutable variables that have a constant value with that value.
 */
function sinkNumbers(body: readonly Statement[]): readonly Statement[] {
  const constants = new Map<string, Expression>();
  const waiting = new Map<string, Statement>();
  const sunk: Statement[] = [];
  for (const statement of body) {
    if (statement.kind === "let" && statement.value.kind === "number") {
      if (statement.mutable) waiting.set(statement.name, statement);
      else constants.set(statement.name, statement.value);
      continue;
    }
    for (const [name, definition] of waiting)
      if (mentions(statement, name)) {
        sunk.push(definition);
        waiting.delete(name);
      }
    sunk.push(statement);
  }
  return substituteVariables(sunk, constants);
}

/**
 * Divides a body into parts. Statements after a nest that accumulates belong to the nest. Definitions
 * directly before a nest belong to it if no other nest needs them.
 */
function partsOf(body: readonly Statement[]): readonly Part[] {
  const parts: Statement[][] = [];
  let run: Statement[] = [];
  let isOpen = false;
  const close = (scalars: readonly Statement[]) => {
    if (scalars.length === 0) return;
    if (isOpen) parts[parts.length - 1].push(...scalars);
    else parts.push([...scalars]);
  };
  body.forEach((statement, position) => {
    if (statement.kind !== "for") return void run.push(statement);
    const belongs = (before: Statement): boolean => {
      if (before.kind !== "let") return false;
      return before.mutable || (!isOpen && !body.slice(position + 1).some((s) => mentions(s, before.name)));
    };
    let first = run.length;
    while (first > 0 && belongs(run[first - 1])) first--;
    close(run.slice(0, first));
    parts.push([...run.slice(first), statement]);
    isOpen = accumulatorsOf(statement).size > 0;
    run = [];
  });
  close(run);
  return parts;
}

/** A value that is passed between parts: the temporary that contains it, and the type of its variable. */
interface PassedValue {
  readonly buffer: Buffer;
  readonly type: Expression["type"];
}

const valueIn = ({ buffer, type }: PassedValue): Expression =>
  convert({ kind: "load", buffer: buffer.name, at: [], type: buffer.element }, type);

/** The variables of each part that a later part needs, in the order of their definitions. */
function passedValues(
  parts: readonly Part[],
  nameFor: (base: string) => string,
): ReadonlyMap<string, PassedValue> {
  const passed = new Map<string, PassedValue>();
  parts.forEach((part, index) => {
    const later = parts.slice(index + 1).flat();
    for (const s of part) {
      if (s.kind !== "let" || !later.some((other) => mentions(other, s.name))) continue;
      const { type } = s.value;
      const element = type === "bool" ? "i32" : type;
      const name = nameFor(s.line?.value ?? "passed");
      passed.set(s.name, {
        buffer: { name, storage: undefined, element, shape: [], region: "temporary" },
        type,
      });
    }
  });
  return passed;
}

/**
 * The part, preceded by loads of the values that earlier parts pass to it, and followed by stores of the
 * values that later parts need.
 */
function connected(parts: readonly Part[], index: number, passed: ReadonlyMap<string, PassedValue>): Part {
  const part = parts[index];
  const later = parts.slice(index + 1).flat();
  const own = new Set(part.flatMap((s) => (s.kind === "let" ? [s.name] : [])));
  const changed = new Set(part.flatMap((s) => [...accumulatorsOf(s)]));
  const before: Statement[] = [];
  const after: Statement[] = [];
  for (const [name, each] of passed) {
    if (!own.has(name) && part.some((s) => mentions(s, name)))
      before.push(define(name, valueIn(each), changed.has(name)));
    const isNew = own.has(name) || changed.has(name);
    if (isNew && later.some((s) => mentions(s, name))) {
      const variable: Expression = { kind: "variable", name, type: each.type };
      after.push(store(each.buffer.name, [], convert(variable, each.buffer.element)));
    }
  }
  return [...before, ...part, ...after];
}

export const distributeLoops = defineLoopStage("distribute-loops", (program, { batchSize }) => {
  const buffers = new Map(program.buffers);
  const temporaryName = nameMaker(buffers.keys(), "_");
  const kernelName = nameMaker(
    program.kernels.map(({ name }) => name),
    "_",
  );
  const split = (kernel: Kernel): readonly Kernel[] => {
    const parts = partsOf(sinkNumbers(kernel.body));
    if (parts.length < 2) return [kernel];
    const passed = passedValues(parts, temporaryName);
    for (const { buffer } of passed.values()) buffers.set(buffer.name, buffer);
    return divideProvenance(kernel, parts, batchSize).map(({ base, provenance }, index) => ({
      name: base === undefined ? kernel.name : kernelName(base),
      body: connected(parts, index, passed),
      provenance,
    }));
  };
  return { ...program, kernels: program.kernels.flatMap(split), buffers };
});
