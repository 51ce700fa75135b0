// The way of a batch into the arena: one slot per input and target, each value checked as it is copied.
import { checkKeys, valueText } from "./check-keys.ts";
import { InputError } from "./input-error.ts";
import type { Numbers, PredictingMachine } from "./machine.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";

/** Inputs and targets by name, row-major. */
export type Batch = Record<string, ArrayLike<number>>;

/** The indices that an input or target may hold, both bounds included. */
export interface IndexBounds {
  readonly lowest: number;
  readonly highest: number;
}

/** These indices in words: classes and −1, those of a vocabulary, or all of 32 bits. */
export function ruleOf({ lowest, highest }: IndexBounds): string {
  if (lowest < -1) return "a 32-bit integer";
  return lowest < 0 ? `a class from 0 to ${highest} (or -1: left out)` : `an index from 0 to ${highest}`;
}

/** One input or target as a batch has it. */
export interface BatchField {
  readonly name: string;
  /** Predicting needs none of these. */
  readonly isTarget: boolean;
  /** Numbers in a row. */
  readonly size: number;
  /** Of indices; real numbers have none. */
  readonly bounds?: IndexBounds | undefined;
  /** What a real number must not be below. */
  readonly least?: number | undefined;
}

/** Where one input or target lies in the arena. */
export interface Slot extends BatchField {
  readonly view: Numbers | Int32Array;
}

/** All of them. */
export interface Slots extends ReadonlyArray<Slot> {
  readonly names: readonly string[];
  /** How often rows were written there. */
  writes: number;
}

/** What a model takes: inputs first, in the spec's order. */
export function batchFields({ inputs, targets }: ModelFacts): BatchField[] {
  return [
    ...Object.entries(inputs).map(([name, { shape, dtype, vocabulary, onlyLoss = false, least }]) => ({
      name,
      isTarget: onlyLoss,
      size: sizeOf(shape),
      least,
      bounds:
        dtype === "i32"
          ? { lowest: vocabulary ? 0 : -0x80000000, highest: (vocabulary ?? 0x80000000) - 1 }
          : undefined,
    })),
    ...Object.entries(targets).map(([name, { shape, classes }]) => ({
      name,
      isTarget: true,
      size: sizeOf(shape),
      bounds: classes ? { lowest: -1, highest: classes - 1 } : undefined,
    })),
  ];
}

/** The fields of a model in the arena of its machine. */
export function slotsOf(model: ModelFacts, { inputs }: Pick<PredictingMachine, "inputs">): Slots {
  const slots = batchFields(model).map((field) => ({ ...field, view: inputs[field.name] }));
  return Object.assign(slots, { names: slots.map(({ name }) => name), writes: 0 });
}

/** Whether an input or target can hold the number. */
export function isWithin(value: number, bounds: IndexBounds | undefined): boolean {
  return bounds === undefined
    ? Number.isFinite(value)
    : Number.isInteger(value) && value >= bounds.lowest && value <= bounds.highest;
}

/** How many rows the batch has; throws if a name is unknown, if one holds no array, or if the lengths do not agree. */
export function rowsOf(slots: Slots, batch: Batch, needsTargets = true): number {
  checkKeys("the batch", batch, slots.names);
  let rows = -1;
  for (const { name, size, isTarget } of slots) {
    if (isTarget && !needsTargets) continue;
    const values = batch[name];
    if (typeof values !== "object" || typeof values?.length !== "number")
      throw new InputError(`${name} must be an array of numbers, got ${valueText(values)}`);
    const { length } = values;
    const count = length / size;
    if (!(Number.isInteger(count) && count >= 0))
      throw new InputError(`${name} has ${length} values, not a multiple of the ${size} of a row`);
    if (rows !== -1 && count !== rows)
      throw new InputError(`${name} has ${count} rows, ${slots[0].name} has ${rows}`);
    // Nothing is allocated for a length that is only declared.
    if (count > 0) checkNumber(name, count - 1, values[length - 1]);
    rows = count;
  }
  if (rows === 0) throw new InputError("the batch has no rows");
  return rows;
}

function checkNumber(name: string, row: number, value: unknown): void {
  if (typeof value !== "number")
    throw new InputError(`${name}, row ${row}: ${valueText(value)} is not a number`);
}

/**
 * Copies n rows of the batch into the arena, those that `order` lists from `start` on (all rows in turn
 * without it).
 */
export function writeRows(
  slots: Slots,
  batch: Batch,
  start: number,
  n: number,
  order?: Int32Array,
  needsTargets = true,
): void {
  const turn = ++slots.writes;
  for (const slot of slots)
    if (needsTargets || !slot.isTarget) writeField(slot, batch[slot.name], start, n, order);
  // An array of the caller's own kind may run code where it is read.
  if (slots.writes !== turn) throw new InputError("the batch has called the trainer that reads it");
}

function writeField(
  { name, size, bounds, least = -Infinity, view }: Slot,
  values: ArrayLike<number>,
  start: number,
  n: number,
  order?: Int32Array,
): void {
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? start + i : order[start + i];
    for (let j = 0; j < size; j++) {
      const value = values[row * size + j];
      // Before it is copied, which turns null, "" and true into numbers.
      if (typeof value !== "number") checkNumber(name, row, value);
      view[i * size + j] = value;
      // Of real numbers it is the copy that is looked at: one too large for f32 is infinite only there.
      if (isWithin(bounds ? value : view[i * size + j], bounds) && !(value < least)) continue;
      const limit = value < least ? `below ${least}` : "too large for f32";
      const what = bounds ? `not ${ruleOf(bounds)}` : Number.isFinite(value) ? limit : "not a finite number";
      throw new InputError(`${name}, row ${row}: ${value} is ${what}`);
    }
  }
}
