// The way of a batch into the arena: one slot per input and target, each value checked as it is copied.
import { InputError } from "./input-error.ts";
import type { Numbers, PredictingMachine } from "./machine.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";

/** Inputs and targets by name, row-major. */
export type Batch = Record<string, ArrayLike<number>>;

/** The indices that an input or target may hold, both bounds included, and how to say it. */
export interface IndexBounds {
  readonly lowest: number;
  readonly highest: number;
  readonly rule: string;
}

/** The bounds of a class target. */
export function classBounds(classes: number): IndexBounds {
  return { lowest: -1, highest: classes - 1, rule: `a class from 0 to ${classes - 1} (or -1: left out)` };
}

/** The bounds of an input of indices; any 32-bit integer without a vocabulary. */
export function vocabularyBounds(vocabulary?: number): IndexBounds {
  if (vocabulary === undefined) return { lowest: -0x80000000, highest: 0x7fffffff, rule: "a 32-bit integer" };
  return { lowest: 0, highest: vocabulary - 1, rule: `an index from 0 to ${vocabulary - 1}` };
}

/** Where one input or target lies in the arena, and what it may hold. */
export interface Slot extends IndexBounds {
  readonly name: string;
  readonly isTarget: boolean;
  /** Numbers in a row. */
  readonly size: number;
  /** The least of real numbers that it may hold. */
  readonly least?: number | undefined;
  readonly view: Numbers | Int32Array;
}

/** The slots of a model: inputs first, in the spec's order. */
export function slotsOf(model: ModelFacts, machine: PredictingMachine): Slot[] {
  const inputs = Object.entries(model.inputs).map(([name, { shape, vocabulary, onlyLoss, least }]) => ({
    ...{ name, isTarget: onlyLoss === true, size: sizeOf(shape), least, view: machine.inputs[name] },
    ...vocabularyBounds(vocabulary),
  }));
  const targets = Object.entries(model.targets).map(([name, { shape, classes = 0 }]) => ({
    ...{ name, isTarget: true, size: sizeOf(shape), view: machine.inputs[name] },
    ...classBounds(classes),
  }));
  return [...inputs, ...targets];
}

/** How many rows the batch has; throws if a name is unknown or missing, if it holds no array, or if the lengths do not agree. */
export function rowsOf(slots: readonly Slot[], batch: Batch, needsTargets = true): number {
  if (typeof batch !== "object" || batch === null)
    throw new InputError(`the batch must be an object of arrays, got ${batch}; it takes ${namesOf(slots)}`);
  for (const name in batch) checkKnown(slots, name);
  let rows = -1;
  for (const { name, size, isTarget } of slots) {
    if (isTarget && !needsTargets) continue;
    if (!Object.hasOwn(batch, name))
      throw new InputError(`the batch lacks the ${isTarget ? "target" : "input"} ${name}`);
    const values = batch[name];
    if (typeof values !== "object" || values?.length === undefined)
      throw new InputError(`${name} must be an array of numbers, got ${values}`);
    const count = values.length / size;
    if (!Number.isInteger(count))
      throw new InputError(`${name} has ${values.length} values, not a multiple of the ${size} of a row`);
    if (rows !== -1 && count !== rows)
      throw new InputError(`${name} has ${count} rows, ${slots[0].name} has ${rows}`);
    rows = count;
  }
  if (rows === 0) throw new InputError("the batch has no rows");
  return rows;
}

function checkKnown(slots: readonly Slot[], name: string): void {
  for (const slot of slots) if (slot.name === name) return;
  throw new InputError(`the batch has "${name}", which the model does not know; it takes ${namesOf(slots)}`);
}

function namesOf(slots: readonly Slot[]): string {
  return slots.map(({ name }) => name).join(", ");
}

/** Copies n rows of the batch into the arena, those that `order` lists from `start` on (all rows in turn without it). */
export function writeRows(
  slots: readonly Slot[],
  batch: Batch,
  start: number,
  n: number,
  order?: Int32Array,
  needsTargets = true,
): void {
  for (const slot of slots) {
    if (slot.isTarget && !needsTargets) continue;
    if (slot.view instanceof Int32Array) writeIndices(slot, slot.view, batch[slot.name], start, n, order);
    else writeNumbers(slot, slot.view, batch[slot.name], start, n, order);
  }
}

function writeNumbers(
  slot: Slot,
  view: Numbers,
  values: ArrayLike<number>,
  start: number,
  n: number,
  order?: Int32Array,
): void {
  const { name, size, least = -Infinity } = slot;
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? start + i : order[start + i];
    for (let j = 0; j < size; j++) {
      const value = values[row * size + j];
      view[i * size + j] = value;
      // What is looked at is the copy: a number too large for f32 is infinite only there.
      if (!Number.isFinite(view[i * size + j]) || value < least)
        throw wrongValue(
          name,
          row,
          value,
          value < least
            ? `below ${least}`
            : Number.isFinite(value)
              ? "too large for f32"
              : "not a finite number",
        );
    }
  }
}

function writeIndices(
  slot: Slot,
  view: Int32Array,
  values: ArrayLike<number>,
  start: number,
  n: number,
  order?: Int32Array,
): void {
  const { name, size, lowest, highest, rule } = slot;
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? start + i : order[start + i];
    for (let j = 0; j < size; j++) {
      const value = values[row * size + j];
      if (!(value >= lowest && value <= highest && Number.isInteger(value)))
        throw wrongValue(name, row, value, `not ${rule}`);
      view[i * size + j] = value;
    }
  }
}

function wrongValue(name: string, row: number, value: number, what: string): InputError {
  return new InputError(`${name}, row ${row}: ${value} is ${what}`);
}
