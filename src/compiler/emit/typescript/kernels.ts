/**
 * Writes kernels as functions, each under the formulas that it implements, and programs that call them in
 * order. A comment above each register-blocked kernel shows its loops before blocking.
 */
import type { LineOrigin } from "../emitted-file.ts";
import { storageLabel } from "../../ir/storage.ts";
import type { ElementType } from "../../ir/types.ts";
import { rowsVariable } from "../../loop/expressions.ts";
import { buffersOf, equalKernels } from "../../loop/skeleton.ts";
import type { EqualKernels, SlottedKernel } from "../../loop/skeleton.ts";
import { visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram } from "../../loop/types.ts";
import type { RuntimeValue } from "../../runtime-references.ts";
import { commentLines, provenanceLines } from "../statement-provenance.ts";
import type { Scope } from "./expressions.ts";
import { identifierMaker, nameLocals, offsetName } from "../identifiers.ts";
import type { Identify } from "../identifiers.ts";
import { kernelRole, roleName } from "../kernel-roles.ts";
import type { KernelChapter, KernelRole } from "../kernel-roles.ts";
import { MarkingWriter } from "./line-origins.ts";
import type { MarkedText } from "./line-origins.ts";
import { lineOrigin, originOfKernels, statementOrigins } from "./origins.ts";
import type { KernelInstance } from "./origins.ts";
import { loopLines } from "./loop-lines.ts";
import { writeStatements } from "./statements.ts";

/** The names and types in a module to which kernels refer. */
export interface ModuleNames {
  /** The constant that contains the offset of a buffer. */
  placeOf(program: string, buffer: string): string;
  readonly identify: Identify;
  readonly all: ReadonlySet<string>;
  readonly float: "f32" | "f64";
  /** The type of the optimizer. It is part of kernel names. */
  readonly optimizer: string | undefined;
  uses(name: RuntimeValue): void;
}

export interface KernelText {
  readonly chapter: KernelChapter;
  readonly text: MarkedText;
}

export interface EmittedKernels {
  /** The functions, in the order of their first call. */
  readonly functions: readonly KernelText[];
  /** For each program, its calls in order, and its arguments. */
  readonly programs: ReadonlyMap<string, EmittedProgram>;
}

export interface EmittedProgram {
  readonly calls: readonly Call[];
  readonly takes: readonly string[];
}

export interface Call {
  readonly text: string;
  readonly origin: LineOrigin;
}

/** The views of the arena, in the order in which functions take them as parameters. */
const views = ["f", "integers", "doubles"] as const;
export type View = (typeof views)[number];

export const viewFor = (element: ElementType, float: "f32" | "f64"): View => {
  if (element === "i32") return "integers";
  return element === float || element === "bool" ? "f" : "doubles";
};

const types: Readonly<Record<string, string>> = {
  f: "Numbers",
  integers: "Int32Array",
  doubles: "Float64Array",
  n: "number",
};

/** A kernel of a program, with the offset constant of each of its slots. */
export interface PlacedKernel extends KernelInstance, SlottedKernel {
  readonly places: readonly string[];
  /** The kernel before scheduling. */
  readonly lowered: Kernel | undefined;
}

type KernelGroup = EqualKernels<PlacedKernel>;

/**
 * Groups equal kernels. In TypeScript, offsets are constants, so slots with the same constant refer to the
 * same memory.
 */
export const deduplicateKernels = (kernels: readonly PlacedKernel[]): KernelGroup[] =>
  equalKernels(kernels, {
    factsOf: ({ element }) => element,
    isSame: (a, b, slot) => a.places[slot] === b.places[slot],
  });

/** The parameter list of a function: `f: Numbers, n: number`. */
export const typedParameters = (takes: readonly string[]): string =>
  takes.map((taken) => `${taken}: ${types[taken]}`).join(", ");

const usesRows = (kernel: Kernel): boolean => {
  let found = false;
  visitExpressions(kernel.body, (x) => x.kind === "variable" && x.name === rowsVariable && (found = true));
  return found;
};

/**
 * The name of a parameter of a shared function. It describes the role of the buffer, because the layer
 * differs from call to call.
 */
function parameterName(group: KernelGroup, slot: number): string {
  const { kernel, slots } = group.instances[0];
  const buffer = slots[slot];
  const label = storageLabel(buffer.name);
  if (buffer.region === "parameter") return label.split(".").at(-1) ?? label;
  if (buffer.region === "gradient") return `d_${label.split(".").at(-1) ?? label}`;
  let stores = false;
  visitStatements(kernel.body, (s) => s.kind === "store" && s.buffer === buffer.name && (stores = true));
  return stores ? "output" : "input";
}

const withoutDigits = (name: string): string => name.replace(/[._-]?\d+(?=$|[._-])/g, "");

const isOneKernel = ({ instances }: KernelGroup): boolean =>
  new Set(instances.map(({ kernel }) => kernel.name)).size === 1;

/**
 * The role of a function, which is that of its first kernel. If it serves several layers, its name has no
 * layer number.
 */
function roleOf(group: KernelGroup, optimizer: string | undefined): KernelRole {
  const { program, kernel } = group.instances[0];
  const role = kernelRole(program, kernel, optimizer);
  return isOneKernel(group) ? role : { ...role, subject: withoutDigits(role.subject) };
}

/**
 * The comment that lists the other uses of a shared function: the same value in other programs, or other
 * layers.
 */
function othersText(group: KernelGroup, optimizer: string | undefined): string {
  const [first, ...others] = group.instances;
  if (isOneKernel(group)) {
    const programs = [...new Set(others.map(({ program }) => program))];
    return `Also called by ${programs.join(" and ")}.`;
  }
  const nameOf = ({ program, kernel }: PlacedKernel) => roleName(kernelRole(program, kernel, optimizer));
  const names = [...new Set(others.map(nameOf))].filter((name) => name !== nameOf(first));
  const shown = names.slice(0, 3).join(", ");
  return `Also called for ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}, with other offsets.`;
}

function functionText(
  group: KernelGroup,
  name: string,
  module: ModuleNames,
): { text: MarkedText; takes: readonly string[] } {
  const [first] = group.instances;
  const { kernel, slots, places } = first;
  const isShared = group.parameters.length > 0;
  const identify = identifierMaker(module.all);
  const tensors = new Map(group.parameters.map((slot) => [slot, parameterName(group, slot)]));
  const parameters = new Map([...tensors].map(([slot, tensor]) => [slot, identify(offsetName(tensor))]));
  const placeNames = new Map(
    slots.map((buffer, slot) => [buffer.name, parameters.get(slot) ?? places[slot]]),
  );
  const tensorNames = new Map(slots.map(({ name: buffer }, slot) => [buffer, tensors.get(slot) ?? buffer]));
  const localName = (buffer: string) => tensorNames.get(buffer) ?? buffer;
  const locals = nameLocals(kernel, new Set([...module.all, ...parameters.values()]), localName);
  const elements = new Map(slots.map((buffer) => [buffer.name, buffer.element]));
  const used = new Set<View>();
  const scope: Scope = {
    nameOf: (variable) =>
      variable === rowsVariable ? "n" : (locals.get(variable) ?? placeNames.get(variable) ?? variable),
    elementText: (buffer, at) => {
      const view = viewFor(elements.get(buffer) ?? module.float, module.float);
      used.add(view);
      return `${view}[${at.join(", ")}]`;
    },
    readMark: "!",
    uses: module.uses,
  };
  const body = new MarkingWriter();
  const origins = statementOrigins(group.instances);
  let count = 0;
  writeStatements(body, kernel.body, scope, () => origins[count++]);
  const takes = [...views.filter((view) => used.has(view)), ...(usesRows(kernel) ? ["n"] : [])];
  const typed = [
    typedParameters(takes),
    ...[...parameters.values()].map((parameter) => `${parameter}: number`),
  ];
  const writer = new MarkingWriter();
  writer.marked(originOfKernels(group.instances), () => {
    for (const { text, provenance } of provenanceLines(kernel.provenance, "//"))
      writer.marked(lineOrigin(group.instances, provenance), () => writer.writeLine(text));
    for (const line of loopLines(kernel, first.lowered)) writer.writeLine(line);
    if (isShared)
      for (const line of commentLines(othersText(group, module.optimizer))) writer.writeLine(line);
    writer.write(`function ${name}(${typed.join(", ")}): void`).block(() => {
      writer.writeMarked(body.markedText());
    });
  });
  return { text: writer.markedText(), takes };
}

/** `lowered` contains the same programs before scheduling. */
export function emitKernels(
  programs: readonly LoopProgram[],
  module: ModuleNames,
  lowered: readonly LoopProgram[] = [],
): EmittedKernels {
  const placed = programs.flatMap((program) => {
    const before = lowered.find(({ name }) => name === program.name)?.kernels;
    return program.kernels.map((kernel, index): PlacedKernel => {
      const slots = buffersOf(kernel).flatMap((name): Buffer[] => {
        const buffer = program.buffers.get(name);
        return buffer === undefined ? [] : [buffer];
      });
      return {
        program: program.name,
        index,
        kernel,
        slots,
        places: slots.map(({ name }) => module.placeOf(program.name, name)),
        lowered: before?.[index],
      };
    });
  });
  const calls = new Map<PlacedKernel, Call & { readonly takes: readonly string[] }>();
  const functions = deduplicateKernels(placed).map((group) => {
    const role = roleOf(group, module.optimizer);
    const name = module.identify(roleName(role));
    const { text, takes } = functionText(group, name, module);
    for (const instance of group.instances) {
      const given = [...takes, ...group.parameters.map((slot) => instance.places[slot])];
      const origin = originOfKernels([instance]);
      calls.set(instance, { text: `${name}(${given.join(", ")});`, origin, takes });
    }
    return { chapter: role.chapter, text };
  });
  const emitted = programs.map(({ name }): [string, EmittedProgram] => {
    const own = placed
      .filter((kernel) => kernel.program === name)
      .flatMap((kernel) => calls.get(kernel) ?? []);
    const needed = new Set(own.flatMap(({ takes }) => takes));
    return [name, { calls: own, takes: [...views, "n"].filter((taken) => needed.has(taken)) }];
  });
  return { functions, programs: new Map(emitted) };
}
