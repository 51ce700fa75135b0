// Copies a batch into the arena, and checks each value.
import { sizeOf } from "../model/facts.ts";
import type { FieldFacts, ModelFacts } from "../model/facts.ts";
import { InputError, checkKeys, valueText } from "./errors.ts";
import type { Numbers, PredictingMachine } from "./machine.ts";

/** Inputs and targets by name, row-major, with at most `batchSize` rows. */
export type Batch = Record<string, ArrayLike<number>>;

/** The range of indices of an input or target, both bounds included. */
interface IndexBounds {
  readonly lowest: number;
  readonly highest: number;
  /** Describes the range in an error message. */
  readonly rule: string;
}

/** An input or target of a batch. */
export interface BatchField {
  readonly name: string;
  /** True if prediction does not need this field: it is a target, or an input that only the loss reads. */
  readonly isTarget: boolean;
  /** The number of values per row. */
  readonly size: number;
  /** The valid indices; undefined for real numbers. */
  readonly bounds?: IndexBounds | undefined;
  /** The lower bound of real numbers, if they have one. */
  readonly least?: number | undefined;
}

/** An input or target, with the array in the arena that receives its values. */
export interface Slot extends BatchField {
  readonly view: Numbers | Int32Array;
}

/** All slots of a model. */
export interface Slots extends ReadonlyArray<Slot> {
  readonly names: readonly string[];
  /** The number of calls of `writeRows`. */
  writes: number;
}

/** The bounds of class indices. */
function boundsOfClasses(classes: number): IndexBounds {
  const highest = classes - 1;
  return { lowest: -1, highest, rule: `a class from 0 to ${highest} (or -1: ignored)` };
}

/** The bounds of indices of a vocabulary. */
function boundsOfIndices(vocabulary: number): IndexBounds {
  const highest = vocabulary - 1;
  return { lowest: 0, highest, rule: `an index from 0 to ${highest}` };
}

/** The bounds of other integers. */
const boundsOfIntegers: IndexBounds = { lowest: -0x80000000, highest: 0x7fffffff, rule: "a 32-bit integer" };

/** The inputs of a model and then its targets, both in the order of the spec. */
export function batchFields({ inputs, targets }: ModelFacts): BatchField[] {
  return Object.entries<FieldFacts>({ ...inputs, ...targets }).map(([name, facts]) => ({
    name,
    isTarget: facts.onlyLoss ?? name in targets,
    size: sizeOf(facts.shape),
    least: facts.least,
    ...(facts.dtype === "i32" && { bounds: boundsOfIntegers }),
    ...(facts.vocabulary && { bounds: boundsOfIndices(facts.vocabulary) }),
    ...(facts.classes && { bounds: boundsOfClasses(facts.classes) }),
  }));
}

/** Creates the slots of a model, with arrays in the arena of this trainer. */
export function slotsOf(model: ModelFacts, { inputs }: Pick<PredictingMachine, "inputs">): Slots {
  const slots = batchFields(model).map((field) => ({ ...field, view: inputs[field.name]! }));
  return Object.assign(slots, { names: slots.map(({ name }) => name), writes: 0 });
}

/**
 * Whether the value is valid. With bounds, it must be an integer between them; without bounds, any finite
 * number is valid.
 */
export function isWithin(value: number, bounds: IndexBounds | undefined): boolean {
  return bounds === undefined
    ? Number.isFinite(value)
    : Number.isInteger(value) && value >= bounds.lowest && value <= bounds.highest;
}

/**
 * Returns the number of rows of the batch. Throws if a name is unknown or missing, or if inputs and targets
 * have different numbers of rows.
 */
export function rowsOf(slots: Slots, batch: Batch, onlyInputs?: boolean): number {
  checkKeys("the batch", batch, slots.names);
  let rows = -1;
  for (const { name, size, isTarget } of slots) {
    if (isTarget && onlyInputs) continue;
    const values = batch[name];
    if (typeof values !== "object" || typeof values?.length !== "number")
      throw new InputError(`${name} must be an array of numbers, got ${valueText(values)}`);
    const { length } = values;
    const count = length / size;
    if (!(Number.isInteger(count) && count >= 0))
      throw new InputError(`${name} has ${length} values, not a multiple of the row size ${size}`);
    if (rows >= 0 && count !== rows)
      throw new InputError(`${name} has ${count} rows, but ${slots[0]!.name} has ${rows}`);
    // The `length` of an array-like object may be wrong, so check that the last value exists.
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
 * Copies n rows of the batch into the arena. With `order`, these are the n rows that `order` lists from
 * position `start` on. Without `order`, they are the n rows from row `start` on.
 */
export function writeRows(
  slots: Slots,
  batch: Batch,
  start: number,
  n: number,
  order?: Int32Array,
  onlyInputs?: boolean,
): void {
  const turn = ++slots.writes;
  for (const slot of slots)
    if (!(onlyInputs && slot.isTarget)) writeField(slot, batch[slot.name]!, start, n, order);
  // An array of a user-defined class may run its own code when it is read. That code must not call this
  // trainer, which would overwrite the batch.
  if (slots.writes !== turn) throw new InputError("the batch must not call its trainer");
}

function writeField(
  slot: Slot,
  values: ArrayLike<number>,
  start: number,
  n: number,
  order?: Int32Array,
): void {
  for (let i = 0; i < n; i++) {
    const row = order === undefined ? start + i : order[start + i]!;
    writeRow(slot, i, row, values, row * slot.size);
  }
}

/** Copies the row that begins at `values[from]` to row i of the slot, and checks each number. */
export function writeRow(slot: Slot, i: number, row: number, values: ArrayLike<number>, from: number): void {
  const { name, size, bounds, view } = slot;
  for (let j = 0; j < size; j++) {
    const value = values[from + j]!;
    // Check the type first, because the typed array would convert null, "" and true to numbers.
    if (typeof value !== "number") checkNumber(name, row, value);
    view[i * size + j] = value;
    // Check a real number after the copy, because the number may overflow in f32.
    if (!isWithin(bounds ? value : view[i * size + j]!, bounds)) {
      const real = Number.isFinite(value) ? "too large for f32" : "not a finite number";
      throw new InputError(`${name}, row ${row}: ${value} is ${bounds ? `not ${bounds.rule}` : real}`);
    }
    if (slot.least !== undefined && value < slot.least)
      throw new InputError(`${name}, row ${row}: ${value} is below ${slot.least}`);
  }
}
