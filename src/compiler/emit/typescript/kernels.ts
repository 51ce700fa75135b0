/** Kernels as functions, each under the formulas that it implements, and the programs that call them in order. */
import type { LineOrigin } from "../emitted-file.ts";
import type { ElementType } from "../../ir/types.ts";
import { rowsVariable } from "../../loop/expressions.ts";
import { buffersOf, equalKernels } from "../../loop/skeleton.ts";
import type { EqualKernels, SlottedKernel } from "../../loop/skeleton.ts";
import { visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { Buffer, Kernel, LoopProgram } from "../../loop/types.ts";
import type { RuntimeValue } from "../../runtime-references.ts";
import { commentLines, provenanceLines } from "../statement-provenance.ts";
import type { Scope } from "./expressions.ts";
import { identifierMaker, nameLocals, storageWish } from "../identifiers.ts";
import type { Identify } from "../identifiers.ts";
import { MarkingWriter } from "./line-origins.ts";
import type { MarkedText } from "./line-origins.ts";
import { lineOrigin, originOfKernels, statementOrigins } from "./kernel-origins.ts";
import type { KernelInstance } from "./kernel-origins.ts";
import { writeStatements } from "./statements.ts";

/** What kernels need to know of the module around them. */
export interface ModuleNames {
  /** The constant that holds a buffer's offset. */
  placeOf(program: string, buffer: string): string;
  readonly identify: Identify;
  readonly all: ReadonlySet<string>;
  readonly float: "f32" | "f64";
  uses(name: RuntimeValue): void;
}

export interface EmittedKernels {
  /** Every function's text, in order of first call. */
  readonly functions: readonly MarkedText[];
  /** Of each program: the calls in order, and which views and whether `n` they need. */
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

/** The views of the arena, in the order in which functions take them. */
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

/** A kernel of one program, and the module's constant for each of its slots. */
export interface PlacedKernel extends KernelInstance, SlottedKernel {
  readonly places: readonly string[];
}

type KernelGroup = EqualKernels<PlacedKernel>;

/** In TypeScript a place is a constant: slots of one constant are the same memory. */
export const deduplicateKernels = (kernels: readonly PlacedKernel[]): KernelGroup[] =>
  equalKernels(kernels, {
    factsOf: ({ element }) => element,
    isSame: (a, b, slot) => a.places[slot] === b.places[slot],
  });

/** `f: Numbers, n: number` */
export const typedParameters = (takes: readonly string[]): string =>
  takes.map((taken) => `${taken}: ${types[taken]}`).join(", ");

const usesRows = (kernel: Kernel): boolean => {
  let found = false;
  visitExpressions(kernel.body, (x) => x.kind === "variable" && x.name === rowsVariable && (found = true));
  return found;
};

/** What a parameter of a shared function is called: by the part it plays, not by the layer of the first caller. */
function parameterWish(group: KernelGroup, slot: number): string {
  const { kernel, slots } = group.instances[0];
  const buffer = slots[slot];
  const wish = storageWish(buffer.name);
  if (buffer.region === "parameter") return wish.split(".").at(-1) ?? wish;
  if (buffer.region === "gradient") return `d_${wish.split(".").at(-1) ?? wish}`;
  let stores = false;
  visitStatements(kernel.body, (s) => s.kind === "store" && s.buffer === buffer.name && (stores = true));
  return stores ? "output" : "input";
}

const withoutDigits = (name: string): string => name.replace(/\d+(?=$|_|\.)/g, "");

const isOneKernel = ({ instances }: KernelGroup): boolean =>
  new Set(instances.map(({ kernel }) => kernel.name)).size === 1;

/** Whom else a shared function serves: the same values in other programs, or others like them. */
function othersText(group: KernelGroup): string {
  const [first, ...others] = group.instances;
  if (isOneKernel(group))
    return `The same for ${[...new Set(others.map(({ program }) => program))].join(" and ")}.`;
  const names = [...new Set(others.map(({ kernel }) => storageWish(kernel.name)))].filter(
    (name) => name !== storageWish(first.kernel.name),
  );
  const shown = names.slice(0, 3).join(", ");
  return `And in the same way ${shown}${names.length > 3 ? ` and ${names.length - 3} more` : ""}.`;
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
  const parameters = new Map(group.parameters.map((slot) => [slot, identify(parameterWish(group, slot))]));
  const placeNames = new Map(
    slots.map((buffer, slot) => [buffer.name, parameters.get(slot) ?? places[slot]]),
  );
  const localName = (buffer: string) => (isShared ? (placeNames.get(buffer) ?? buffer) : buffer);
  const locals = nameLocals(kernel, new Set([...module.all, ...parameters.values()]), localName);
  const elements = new Map(slots.map((buffer) => [buffer.name, buffer.element]));
  const used = new Set<View>();
  const scope: Scope = {
    nameOf: (variable) =>
      variable === rowsVariable ? "n" : (locals.get(variable) ?? placeNames.get(variable) ?? variable),
    viewOf: (element) => {
      const view = viewFor(element, module.float);
      used.add(view);
      return view;
    },
    elementOf: (buffer) => elements.get(buffer) ?? module.float,
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
    if (isShared) for (const line of commentLines(othersText(group))) writer.writeLine(line);
    writer.write(`function ${name}(${typed.join(", ")}): void`).block(() => {
      writer.writeMarked(body.markedText());
    });
  });
  return { text: writer.markedText(), takes };
}

export function emitKernels(programs: readonly LoopProgram[], module: ModuleNames): EmittedKernels {
  const placed = programs.flatMap((program) =>
    program.kernels.map((kernel, index): PlacedKernel => {
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
      };
    }),
  );
  const calls = new Map<PlacedKernel, Call & { readonly takes: readonly string[] }>();
  const functions = deduplicateKernels(placed).map((group) => {
    const [first] = group.instances;
    const wish = storageWish(first.kernel.name);
    const name = module.identify(`compute_${isOneKernel(group) ? wish : withoutDigits(wish)}`);
    const { text, takes } = functionText(group, name, module);
    for (const instance of group.instances) {
      const given = [...takes, ...group.parameters.map((slot) => instance.places[slot])];
      const origin = originOfKernels([instance]);
      calls.set(instance, { text: `${name}(${given.join(", ")});`, origin, takes });
    }
    return text;
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
