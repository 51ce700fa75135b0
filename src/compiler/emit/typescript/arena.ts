/** The arena in emitted code: the names of offsets, the table of offsets, and views of the tensors. */
import type { LineOrigin } from "../emitted-file.ts";
import { invariant } from "../../diagnostics/errors.ts";
import { bytesOfElement } from "../../loop/types.ts";
import type { MemoryPlan, Placement } from "../../loop/types.ts";
import type { Region } from "../../loop/types.ts";
import { storageLabel } from "../../ir/storage.ts";
import { offsetName } from "../identifiers.ts";
import type { Identify } from "../identifiers.ts";
import { viewFor } from "./kernels.ts";
import type { View } from "./kernels.ts";
import { countText } from "../../util/number-text.ts";
import type { MarkingWriter } from "./line-origins.ts";

/** The names of the constants that contain offsets. */
export interface ArenaNames {
  /** The constant for a buffer, which is storage or a temporary of this program. */
  placeOf(program: string, buffer: string): string;
  readonly all: readonly string[];
}

/** The names of main programs. If a module has neither of them, its first program is its main program. */
const mainPrograms = ["gradient", "trainingLoss"];

/**
 * The name of a temporary. Temporaries of the main program have the names of the model; temporaries of other
 * programs have the program's name as a prefix.
 */
const temporaryName = (program: string, name: string, isMain: boolean): string =>
  isMain ? storageLabel(name) : `${program}_${storageLabel(name)}`;

export function nameArena(plan: MemoryPlan, identify: Identify): ArenaNames {
  const places = new Map<string, string>();
  for (const name of plan.storage.keys()) places.set(` ${name}`, identify(offsetName(storageLabel(name))));
  const [first] = plan.temporaries.keys();
  const main = mainPrograms.find((name) => plan.temporaries.has(name)) ?? first;
  for (const [program, own] of plan.temporaries)
    for (const name of own.keys())
      places.set(`${program} ${name}`, identify(offsetName(temporaryName(program, name, program === main))));
  return {
    placeOf: (program, buffer) => places.get(`${program} ${buffer}`) ?? places.get(` ${buffer}`) ?? buffer,
    all: [...places.values()],
  };
}

const regionTitles: Readonly<Record<Region, string>> = {
  parameter: "Parameters",
  state: "State of the optimizer, and the random seed",
  gradient: "Gradients, in the order of the parameters",
  input: "The batch: inputs and targets",
  result: "Results",
  totals: "Sums over the batches of an evaluation",
  temporary: "Intermediate values. Values that are never needed at the same time may share memory",
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

/** Writes one constant per buffer, region by region: `const at_dense1_weight = 0; // f32[64, 32]`. */
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
    `// The arena is one block of ${countText(plan.bytes)} bytes. ` +
      "Each constant is the offset of a tensor, in elements of its type.",
  );
  for (const region of regionOrder) {
    const own = rows.filter(({ placement }) => placement.buffer.region === region);
    if (own.length === 0) continue;
    writer.blankLine().writeLine(`// ${regionTitles[region]}.`);
    for (const { placement, program } of own) {
      const { buffer, offset, lifetime } = placement;
      const life =
        lifetime === undefined ? "" : `, kernels ${lifetime[0] + 1} to ${lifetime[1] + 1} of ${program}`;
      const place = offset / bytesOfElement[buffer.element];
      const line = `const ${placeOf(program, buffer.name)} = ${place}; // ${shapeText(placement)}${life}`;
      writer.marked(originOf(program, buffer.name), () => writer.writeLine(line));
    }
  }
}

/** The number of elements of a buffer for `rows` rows. */
export const elementCount = ({ buffer }: Placement, rows: number): number =>
  buffer.shape.reduce<number>((product, d) => product * (d === "n" ? rows : d), 1);

const storageNamed = ({ storage }: MemoryPlan, name: string): Placement => {
  const placement = storage.get(name);
  invariant(placement !== undefined, `no storage ${name}`);
  return placement;
};

/** The typed array through which code reads a storage. */
export const viewOfStorage = (plan: MemoryPlan, storage: string, float: "f32" | "f64"): View =>
  viewFor(storageNamed(plan, storage).buffer.element, float);

/**
 * A live view of a storage: `f.subarray(at, at + count)`. `shift` is an expression for a byte offset to add.
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

/**
 * The values that are still in the arena when a program ends, in the order in which the program computed
 * them.
 */
export function survivors(plan: MemoryPlan, program: string, float: "f32" | "f64"): Placement[] {
  const made = [...(plan.temporaries.get(program)?.values() ?? [])];
  const firstOf = ({ lifetime }: Placement) => lifetime?.[0] ?? 0;
  const overlaps = (a: Placement, b: Placement) =>
    a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;
  const lasting = made.filter((a) => !made.some((b) => b !== a && overlaps(a, b) && firstOf(b) > firstOf(a)));
  return lasting.filter(({ buffer }) => buffer.element === float).sort((a, b) => firstOf(a) - firstOf(b));
}
