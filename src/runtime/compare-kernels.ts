// The WebAssembly kernels of a trainer against its TypeScript kernels, on random data. Only trainers compiled to WebAssembly have this.
//
// Each program runs once on either side, from the same bits of storage, so no error passes from one program to the next. Then, for each
// value that both have, with e = max |wasm − typescript| and s = max |typescript|,
//
//   e ≤ tolerance · s     or     e ≤ 16 · noise
//
// must hold. Noise is how far the results move when all numbers that the program reads move by a few units in their last places. Where the
// function itself is so steep, as at a kink, both sides move. Where sums cancel, what is left of them is small, and may move on one side
// alone. A wrong index or a missing lane does neither.
import { disturbStart, fillBatch, moveNumbers, type ComparedViews } from "./compared-data.ts";
import type { Machine, Numbers } from "./machine.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";

/** Where a value begins, in elements of its type, and how many it has: of what has rows, in each of them. */
export type ComparedValue = readonly [name: string, at: number, size: number, hasRows?: boolean];

/** What is compared. */
export interface ComparedFacts {
  /** The arena of WebAssembly. Its first `storedBytes` are storage, which lies in the same order in both arenas. */
  arenaBytes: number;
  storedBytes: number;
  /** Storage, by the typed array that it is a part of. */
  f: ComparedValue[];
  integers: ComparedValue[];
  doubles: ComparedValue[];
  /** By program, the values on the way that last until its end: where in either arena, and the size of a row. */
  temporaries: Record<string, [name: string, at: number, atInWasm: number, rowSize: number][]>;
}

export type ComparedNumbers = Numbers | Int32Array | Float64Array;

/** An arena, and the programs over it. */
export interface ComparedSide {
  readonly f: Numbers;
  readonly integers: Int32Array;
  readonly doubles: Float64Array;
  readonly programs: Readonly<Record<string, (n: number) => number | void>>;
}

/** One value in both arenas. */
interface Compared {
  readonly name: string;
  /** 0 of what has no rows. */
  readonly rowSize: number;
  readonly wasm: ComparedNumbers;
  readonly typescript: ComparedNumbers;
}

/** What a comparison starts from. `wide`: the size of very large inputs, by which predictions alone are judged; else 0. */
interface Draw {
  readonly rows: number;
  readonly seed: number;
  readonly wide: number;
}

/** A value that rounding may explain; one side alone moves by at most `cap`. */
interface Suspect extends Compared {
  readonly error: number;
  readonly index: number;
  readonly cap: number;
}

/** Where the two sides differ. */
export interface KernelDifference {
  program: string;
  /** The rows of the batch. */
  rows: number;
  value: string;
  index: number;
  wasm: number;
  typescript: number;
  /** How much of the difference rounding explains. */
  noise: number;
}

/** The WebAssembly kernels of a trainer compute something else than its TypeScript kernels. */
export class KernelsDiffer extends Error {
  readonly difference: KernelDifference;
  constructor(difference: KernelDifference) {
    const { program, rows, value, index, wasm, typescript, noise } = difference;
    const where = `in the program ${program}, with ${rows} ${rows === 1 ? "row" : "rows"}, ${value}[${index}]`;
    super(
      `the WebAssembly kernels differ from the TypeScript kernels: ${where} is ${wasm}, not ${typescript} ` +
        `(rounding explains ${noise.toPrecision(2)}). createTrainer({ backend: "ts" }) runs the TypeScript kernels.`,
    );
    this.name = "KernelsDiffer";
    this.difference = difference;
  }
}

const comparing = {
  /** Relative to the largest number of a value. f32 sums of some thousand terms stay below. */
  tolerance: { f32: 2 ** -10, f64: 2 ** -30 },
  /** How far each number is moved, relative to it. */
  move: { f32: 2 ** -19, f64: 2 ** -47 },
  moves: 4,
  timesNoise: 16,
  /** Below, squares are no normal numbers: nothing is compared. */
  smallest: { f32: 2 ** -62, f64: 2 ** -510 },
  /** A gradient smaller than the largest one by this factor is what is left of sums that cancelled. */
  cancelled: 2 ** -8,
  /** A difference counts if two seeds of three show it: with one, a number may happen to lie on a kink. */
  seeds: [1, 2, 3],
  shown: 2,
  /** Inputs beyond what fits into an int32. */
  wide: 2 ** 33,
};

/** One row, a middle number, odd where it can be, and all. */
const comparedRows = (batchSize: number): number[] => [
  ...new Set([1, Math.min(batchSize, (batchSize >> 1) | 1), batchSize]),
];

/**
 * `asked`: with how many rows; true: with one, a middle number and all. `machine` works on the arena of `wasm`, which is zeros afterwards.
 *
 * @throws KernelsDiffer
 */
export function compareKernels(
  model: ModelFacts,
  machine: Machine,
  facts: ComparedFacts,
  wasm: ComparedSide,
  typescript: ComparedSide,
  asked: true | readonly number[],
): void {
  machine.initialise(comparing.seeds[0]);
  const start = machine.state.slice();
  const both = bothSides(model, facts, wasm, typescript);
  const stored = bytesOf(typescript.f, facts.storedBytes);
  const states = both.stored.filter(({ typescript: { byteOffset } }) => byteOffset < start.length);
  const compareWith = (rows: number, wide = 0): void => {
    const found: KernelDifference[] = [];
    for (const seed of comparing.seeds) {
      // What overflows in f32 alone is no difference: later seeds draw smaller numbers.
      const scale = 4 ** (1 - seed);
      stored.fill(0).set(start);
      disturbStart(model, viewsByName(states), seed, scale);
      fillBatch(model, viewsByName(both.stored), seed, wide || scale);
      const difference = both.firstDifference({ rows, seed, wide });
      if (difference !== undefined) found.push(difference);
      if (found.length === comparing.shown) throw new KernelsDiffer(found[0]);
      if (found.length === 0) break;
    }
  };
  const counts = asked === true ? comparedRows(model.batchSize) : asked;
  for (const rows of counts) compareWith(rows);
  if (counts.length > 0) compareWith(counts[0], comparing.wide);
  bytesOf(wasm.f, facts.arenaBytes).fill(0);
}

const bytesOf = ({ buffer, byteOffset }: Numbers, bytes: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset, bytes);

const viewsByName = (values: readonly Compared[]): ComparedViews =>
  new Map(values.map(({ name, typescript }) => [name, typescript]));

function bothSides(model: ModelFacts, facts: ComparedFacts, wasm: ComparedSide, typescript: ComparedSide) {
  const { storedBytes, temporaries } = facts;
  const stored = storedValues(model, facts, wasm, typescript);
  const [ofWasm, own] = [bytesOf(wasm.f, storedBytes), bytesOf(typescript.f, storedBytes)];
  const before = new Uint8Array(storedBytes);
  const run = (program: string, rows: number): void => {
    ofWasm.set(own);
    typescript.programs[program](rows);
    wasm.programs[program](rows);
  };
  const { cancelled, move, moves, smallest, timesNoise, tolerance } = comparing;

  /** How far each value moves with the numbers that the program reads; then both sides are as they were. */
  const noiseOf = (program: string, { rows, seed }: Draw, values: readonly Suspect[]) => {
    const bases = values.map((value) => ({ wasm: value.wasm.slice(), typescript: value.typescript.slice() }));
    const most = values.map(() => ({ wasm: 0, typescript: 0 }));
    for (let k = 0; k < moves; k++) {
      own.set(before);
      moveNumbers(viewsByName(stored), seed * moves + k, move[model.dtype]);
      run(program, rows);
      values.forEach((value, i) => {
        for (const side of ["wasm", "typescript"] as const)
          most[i][side] = Math.max(most[i][side], largestDifference(value[side], bases[i][side]).error);
      });
    }
    own.set(before);
    run(program, rows);
    return most.map(({ wasm, typescript }, i) =>
      Math.max(Math.min(wasm, typescript), Math.min(values[i].cap, Math.max(wasm, typescript))),
    );
  };

  const differenceIn = (program: string, draw: Draw): KernelDifference | undefined => {
    const { rows, wide } = draw;
    before.set(own);
    run(program, rows);
    const kept = (temporaries[program] ?? []).map(([name, at, atInWasm, size]) => ({
      ...{ name, rowSize: size },
      typescript: typescript.f.subarray(at, at + rows * size),
      wasm: wasm.f.subarray(atInWasm, atInWasm + rows * size),
    }));
    // What WebAssembly leaves in the rows behind the batch is of no consequence.
    const inBatch = stored.map((value) =>
      value.rowSize === 0 ? value : firstOf(value, rows * value.rowSize),
    );
    const gradients = inBatch.filter(({ name }) => name.startsWith("gradient:"));
    const floor = cancelled * Math.max(0, ...gradients.map((value) => largest(value.typescript)));
    const suspects = [...kept, ...inBatch].flatMap((value) => {
      const scale = largest(value.typescript);
      const { error, index } = largestDifference(value.wasm, value.typescript, wide > 0);
      const least = gradients.includes(value) ? floor : wide;
      const bound = Math.max(tolerance[model.dtype] * Math.max(scale, least), smallest[model.dtype]);
      return error <= bound ? [] : [{ ...value, error, index, cap: Math.max(floor, cancelled * scale) }];
    });
    if (suspects.length === 0) return undefined;
    const found = suspects.map(({ wasm, typescript, index }) => [wasm[index], typescript[index]]);
    const noise = noiseOf(program, draw, suspects).map((moved) => timesNoise * moved);
    const i = suspects.findIndex(({ error }, i) => !(error <= noise[i]));
    if (i === -1) return undefined;
    const { name: value, index } = suspects[i];
    return { program, rows, value, index, wasm: found[i][0], typescript: found[i][1], noise: noise[i] };
  };
  const firstDifference = (draw: Draw): KernelDifference | undefined => {
    for (const program in typescript.programs) {
      if (draw.wide > 0 && program !== "predict") continue;
      const difference = differenceIn(program, draw);
      if (difference !== undefined) return difference;
    }
    return undefined;
  };
  return { stored, firstDifference };
}

const firstOf = (value: Compared, count: number): Compared => ({
  ...value,
  wasm: value.wasm.subarray(0, count),
  typescript: value.typescript.subarray(0, count),
});

/** Storage in both arenas. What is kept of all trainable parameters in one piece is taken apart: their gradients may be of any size. */
function storedValues(
  { parameters, batchSize }: ModelFacts,
  facts: ComparedFacts,
  wasm: ComparedSide,
  typescript: ComparedSide,
): Compared[] {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  const all = trainable.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  const parts = (value: ComparedValue): ComparedValue[] => {
    const [name, start, size] = value;
    if (size !== all || !/^(optimizer|average):/.test(name)) return [value];
    let at = start;
    return trainable.map((parameter): ComparedValue => {
      const own = sizeOf(parameter.shape);
      return [`${name} of ${parameter.name}`, (at += own) - own, own];
    });
  };
  return (["f", "integers", "doubles"] as const).flatMap((view) =>
    facts[view].flatMap(parts).map(([name, at, size, hasRows = false]) => {
      const end = at + size * (hasRows ? batchSize : 1);
      return {
        ...{ name, rowSize: hasRows ? size : 0 },
        wasm: wasm[view].subarray(at, end),
        typescript: typescript[view].subarray(at, end),
      };
    }),
  );
}

/** Where two lists differ most, and by how much: infinitely, if one is infinite or no number and the other is not, unless that is let pass. */
function largestDifference(
  a: ComparedNumbers,
  b: ComparedNumbers,
  passInfinite = false,
): { error: number; index: number } {
  const worst = { error: 0, index: 0 };
  for (let i = 0; i < b.length; i++) {
    if (a[i] === b[i] || (a[i] !== a[i] && b[i] !== b[i])) continue;
    const distance = Math.abs(a[i] - b[i]);
    const error = distance === distance ? distance : Infinity;
    if (error <= worst.error || (passInfinite && error === Infinity)) continue;
    worst.error = error;
    worst.index = i;
  }
  return worst;
}

/** The largest finite size of a number. */
function largest(list: ComparedNumbers): number {
  let most = 0;
  for (let i = 0; i < list.length; i++) {
    const size = Math.abs(list[i]);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}
