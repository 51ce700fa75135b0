/** The memory of the interpreter: an array for each buffer, and where in it an access finds its element. */
import { invariant } from "../diagnostics/errors.ts";
import type { ElementType } from "../ir/types.ts";
import { sizeOf } from "../ir/types.ts";
import { bytesOfElement } from "./memory.ts";
import type { PlannedProgram } from "./memory.ts";
import type { Buffer } from "./types.ts";

/** The elements of each buffer by its name, row-major, with room for a full batch. */
export type LoopMemory = ReadonlyMap<string, Float64Array | Int32Array>;

export interface Sizes {
  readonly rows: number;
  readonly batchSize: number;
  /** Places are in bytes, as the WebAssembly target has them, not in elements. */
  readonly inBytes?: boolean | undefined;
  /**
   * Rows up to a full batch may be read and written though they are not there: tiles of a small batch run
   * over into them.
   */
  readonly mayOverrun?: boolean | undefined;
}

const arrayFor = ({ element, shape }: Buffer, batchSize: number): Float64Array | Int32Array => {
  const size = sizeOf(shape, batchSize);
  return element === "i32" ? new Int32Array(size) : new Float64Array(size);
};

/** Zeros for every buffer. A buffer that covers others is one array, of which they are the parts. */
export function allocateBuffers(buffers: ReadonlyMap<string, Buffer>, batchSize: number): LoopMemory {
  const memory = new Map<string, Float64Array | Int32Array>();
  for (const [name, buffer] of buffers) memory.set(name, arrayFor(buffer, batchSize));
  for (const [name, { covers }] of buffers) {
    const whole = memory.get(name);
    let start = 0;
    for (const part of covers ?? []) {
      const size = memory.get(part)?.length ?? 0;
      if (whole !== undefined) memory.set(part, whole.subarray(start, start + size));
      start += size;
    }
  }
  return memory;
}

/**
 * The buffers of a planned program where its plan has them: those that share memory share it here too. Only for
 * programs of f64, since the interpreter computes in doubles.
 */
export function arenaMemory({ name, buffers, plan }: PlannedProgram): LoopMemory {
  const bytes = new ArrayBuffer(Math.ceil(plan.bytes / 8) * 8);
  const memory = new Map<string, Float64Array | Int32Array>();
  for (const buffer of buffers.keys()) {
    const placement = plan.storage.get(buffer) ?? plan.temporaries.get(name)?.get(buffer);
    if (placement === undefined) continue;
    const { element } = placement.buffer;
    invariant(element !== "f32", `${buffer} is not of doubles`);
    const Elements = element === "i32" ? Int32Array : Float64Array;
    const length = placement.bytes / bytesOfElement[element];
    memory.set(buffer, new Elements(bytes, placement.offset, length));
  }
  return memory;
}

/** No element of scratch is anything before its kernel stores it: not-a-number, or an integer that no index is. */
export function allocateScratch(
  buffers: ReadonlyMap<string, Buffer>,
  batchSize: number,
): readonly (readonly [string, Float64Array | Int32Array])[] {
  const scratch = [...buffers.values()].filter(({ isScratch }) => isScratch);
  return scratch.map((buffer) => {
    const array = arrayFor(buffer, batchSize);
    return [buffer.name, array instanceof Int32Array ? array.fill(-1e9) : array.fill(NaN)];
  });
}

/** What one index may mean: the place itself, or the index along the one axis there is. */
const isPlace = ({ shape }: Buffer, indices: readonly number[], { inBytes }: Sizes): boolean =>
  inBytes === true || (indices.length === 1 && shape.length !== 1);

/** The place of an element, counted in elements from the start of its buffer. It may lie outside. */
export function placeOf(buffer: Buffer, indices: readonly number[], sizes: Sizes): number {
  const { name, shape, element } = buffer;
  if (isPlace(buffer, indices, sizes)) {
    const place = indices[0] / (sizes.inBytes ? bytesOfElement[element] : 1);
    invariant(Number.isInteger(place), `${name} at byte ${indices[0]} is between two elements`);
    return place;
  }
  return shape.reduce<number>((place, dimension, axis) => {
    const extent = dimension === "n" ? sizes.batchSize : dimension;
    return place * extent + indices[axis];
  }, 0);
}

/** The rows that may be touched. */
export const rowsOf = ({ rows, batchSize, mayOverrun }: Sizes): number => (mayOverrun ? batchSize : rows);

/** @throws InternalError for an index that its axis does not have. */
export function checkIndices(buffer: Buffer, indices: readonly number[], sizes: Sizes): void {
  const { name, shape } = buffer;
  if (isPlace(buffer, indices, sizes)) return;
  const inside = shape.every((dimension, axis) => {
    const extent = dimension === "n" ? rowsOf(sizes) : dimension;
    return indices[axis] >= 0 && indices[axis] < extent;
  });
  invariant(inside, `${name}[${indices.join(", ")}] is outside of [${shape.join(", ")}]`);
}

/** As a store rounds. */
export const stored = (value: number, element: ElementType): number =>
  element === "f32" ? Math.fround(value) : element === "i32" ? Math.trunc(value) : value;
