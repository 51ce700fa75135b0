/** The arena in emitted code: the name of each offset, the table of them, and views of what they stand for. */
import type { LineOrigin } from "../emitted-file.ts";
import { invariant } from "../../diagnostics/errors.ts";
import { bytesOfElement } from "../../loop/types.ts";
import type { MemoryPlan, Placement, Region } from "../../loop/types.ts";
import { storageWish } from "../identifiers.ts";
import type { Identify } from "../identifiers.ts";
import { viewFor } from "./kernels.ts";
import type { View } from "./kernels.ts";
import type { MarkingWriter } from "./line-origins.ts";

/** The module's constants for the offsets of buffers. */
export interface ArenaNames {
  /** The constant for a buffer that a program names: a temporary of its own, or storage. */
  placeOf(program: string, buffer: string): string;
  readonly all: readonly string[];
}

/** The programs that modules are about; of others the first is the main one. */
const mainPrograms = ["gradient", "trainingLoss"];

/**
 * Values of the main program, in a trainer that of training, go by the model's names; those of the others say
 * whose they are.
 */
const temporaryWish = (program: string, name: string, isMain: boolean): string =>
  isMain ? storageWish(name) : `${program}_${storageWish(name)}`;

export function nameArena(plan: MemoryPlan, identify: Identify): ArenaNames {
  const places = new Map<string, string>();
  for (const name of plan.storage.keys()) places.set(` ${name}`, identify(storageWish(name)));
  const [first] = plan.temporaries.keys();
  const main = mainPrograms.find((name) => plan.temporaries.has(name)) ?? first;
  for (const [program, own] of plan.temporaries)
    for (const name of own.keys())
      places.set(`${program} ${name}`, identify(temporaryWish(program, name, program === main)));
  return {
    placeOf: (program, buffer) => places.get(`${program} ${buffer}`) ?? places.get(` ${buffer}`) ?? buffer,
    all: [...places.values()],
  };
}

const regionTitles: Readonly<Record<Region, string>> = {
  parameter: "Parameters",
  state: "What training remembers beside them",
  gradient: "Gradients, in the order of the parameters",
  input: "The batch: inputs and targets",
  result: "Results",
  totals: "Sums that evaluation gathers over batches",
  temporary: "Values on the way; those that do not live at the same time share memory",
};
const regionOrder: readonly Region[] = [
  "parameter",
  "state",
  "gradient",
  "input",
  "result",
  "totals",
  "temporary",
];

const shapeText = ({ buffer }: Placement): string => `${buffer.element}[${buffer.shape.join(", ")}]`;

/** `const dense1_weight = 0; // f32[64, 32]`, region by region. */
export function writeArena(
  writer: MarkingWriter,
  plan: MemoryPlan,
  { placeOf }: ArenaNames,
  originOf: (program: string, buffer: string) => LineOrigin | undefined,
): void {
  const rows = [
    ...[...plan.storage.values()].map((placement) => ({ placement, program: "" })),
    ...[...plan.temporaries].flatMap(([program, places]) =>
      [...places.values()].map((placement) => ({ placement, program })),
    ),
  ];
  writer.writeLine(
    `// The arena: one block of ${plan.bytes} bytes. Each line is the offset of a tensor, in elements of its type;`,
  );
  writer.writeLine("// n is the number of rows of the batch at hand.");
  for (const region of regionOrder) {
    const own = rows.filter(({ placement }) => placement.buffer.region === region);
    if (own.length === 0) continue;
    writer.blankLine().writeLine(`// ${regionTitles[region]}.`);
    for (const { placement, program } of own) {
      const { buffer, offset, lifetime } = placement;
      const life =
        lifetime === undefined
          ? ""
          : `, from call ${lifetime[0] + 1} to call ${lifetime[1] + 1} of ${program}`;
      const place = offset / bytesOfElement[buffer.element];
      const line = `const ${placeOf(program, buffer.name)} = ${place}; // ${shapeText(placement)}${life}`;
      writer.marked(originOf(program, buffer.name), () => writer.writeLine(line));
    }
  }
}

/** The elements of a buffer for `rows` rows. */
export const elementCount = ({ buffer }: Placement, rows: number): number =>
  buffer.shape.reduce<number>((product, d) => product * (d === "n" ? rows : d), 1);

const storageNamed = ({ storage }: MemoryPlan, name: string): Placement => {
  const placement = storage.get(name);
  invariant(placement !== undefined, `no storage ${name}`);
  return placement;
};

/** The view of the arena that some storage is read through. */
export const viewOfStorage = (plan: MemoryPlan, storage: string, float: "f32" | "f64"): View =>
  viewFor(storageNamed(plan, storage).buffer.element, float);

/**
 * `f.subarray(at, at + count)`: storage as a live view, or what lies as many bytes behind it as the variable
 * `shift` says.
 */
export function viewText(
  plan: MemoryPlan,
  names: ArenaNames,
  storage: string,
  rows: number,
  float: "f32" | "f64",
  shift?: string,
): string {
  const placement = storageNamed(plan, storage);
  const { element } = placement.buffer;
  const place =
    names.placeOf("", storage) + (shift === undefined ? "" : ` + ${shift} / ${bytesOfElement[element]}`);
  return `${viewFor(element, float)}.subarray(${place}, ${place} + ${elementCount(placement, rows)})`;
}

// The values of a program that are still in the arena when it ends.

/** In the order in which they are computed: those whose memory no later value overwrites. */
export function survivors(plan: MemoryPlan, program: string, float: "f32" | "f64"): Placement[] {
  const made = [...(plan.temporaries.get(program)?.values() ?? [])];
  const firstOf = ({ lifetime }: Placement) => lifetime?.[0] ?? 0;
  const overlaps = (a: Placement, b: Placement) =>
    a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  const lasting = made.filter((a) => !made.some((b) => b !== a && overlaps(a, b) && firstOf(b) > firstOf(a)));
  return lasting.filter(({ buffer }) => buffer.element === float).sort((a, b) => firstOf(a) - firstOf(b));
}
