// Compares WebAssembly kernels with TypeScript kernels. Runs a program on both sides, each with its own
// arena, finds the values that differ, and estimates how much of a difference rounding explains.
//
// Each program starts from the same bits on both sides, so errors do not accumulate from program to program.
// For each value (an array that both sides compute), let e = max |wasm − typescript| and s = max
// |typescript|. The value passes if
//
//   e ≤ tolerance · s     or     e ≤ 2 ulp of 1     or     e ≤ 16 · noise
//
// The second condition allows for cancellation. Since inputs are near 1, small values are often differences
// of numbers near 1, such as 1 − tanh² x and x − mean. The third condition uses the noise of a value: how
// much the value changes if all numbers that the program reads change by a few units in the last place. Where
// the function is steep, as at a kink, the value changes on both sides. Where sums cancel, the small
// remainder may change on one side only. An error such as a wrong index or a missing lane does not increase
// the noise.
import { moveNumbers, type ComparedNumbers, type ComparedViews } from "./compared-data.ts";
import type { Numbers } from "../step/machine.ts";
import { sizeOf } from "../model/facts.ts";
import type { ModelFacts } from "../model/facts.ts";

const sides: readonly ("wasm" | "typescript")[] = ["wasm", "typescript"];
const arenaViews: readonly ("f" | "integers" | "doubles")[] = ["f", "integers", "doubles"];

/**
 * "rows": the value has `size` elements for each row of the batch. "gradient": the value is the gradient of
 * one parameter. "perParameter": the value has one element for each element of all trainable parameters.
 */
type ComparedKind = "rows" | "gradient" | "perParameter";

/** A value, described by its name, its offset and size in elements, and its kind. */
export type ComparedValue = readonly [name: string, at: number, size: number, kind?: ComparedKind];

/** The values that are compared, and their locations. */
export interface ComparedFacts {
  /**
   * The size of the WebAssembly arena. Its first `storedBytes` bytes are storage: they keep their values
   * between programs, and have the same layout in both arenas.
   */
  arenaBytes: number;
  storedBytes: number;
  /** The values in storage, by typed array. */
  f: ComparedValue[];
  integers: ComparedValue[];
  doubles: ComparedValue[];
  /**
   * For each program, the intermediate values that are still in memory when it ends: their offsets in both
   * arenas, and the size of a row.
   */
  temporaries: Record<string, [name: string, at: number, atInWasm: number, rowSize: number][]>;
}

/** One side: an arena, and the programs that run on it. */
export interface ComparedSide {
  readonly f: Numbers;
  readonly integers: Int32Array;
  readonly doubles: Float64Array;
  readonly programs: Readonly<Record<string, (n: number) => number | void>>;
}

/** A value, with its elements in both arenas. */
interface Compared {
  readonly name: string;
  readonly isGradient: boolean;
  /** 0 for values without rows. */
  readonly rowSize: number;
  readonly wasm: ComparedNumbers;
  readonly typescript: ComparedNumbers;
}

/** A value that differs by more than the first two conditions allow. */
interface Suspect extends Compared {
  readonly error: number;
  readonly index: number;
  /** The largest noise that counts if it occurs on only one side. */
  readonly cap: number;
}

/**
 * One comparison, for the first `rows` rows. `wide` is 0 if inputs are near 1. Otherwise, it is the magnitude
 * of very large inputs. Overflows then do not count as differences.
 */
export interface ComparedDraw {
  readonly rows: number;
  readonly seed: number;
  readonly wide: number;
}

/** A difference between the two sides. */
export interface KernelDifference {
  program: string;
  rows: number;
  value: string;
  index: number;
  wasm: number;
  typescript: number;
  /** The part of the difference that rounding explains. */
  noise: number;
}

const comparing = {
  /**
   * The tolerance relative to the largest number of a value. Rounding errors of sums of a few thousand terms
   * are smaller.
   */
  tolerance: { f32: 1 / 1024, f64: 1 / 1_073_741_824 }, // 2⁻¹⁰, 2⁻³⁰
  /** To measure noise, each number is changed by this relative amount, `moves` times. */
  move: { f32: 1 / 524_288, f64: 1 / 140_737_488_355_328 }, // 2⁻¹⁹, 2⁻⁴⁷
  moves: 4,
  timesNoise: 16,
  /** Two units in the last place of 1. */
  smallest: { f32: 1 / 4_194_304, f64: 1 / 2_251_799_813_685_248 }, // 2⁻²², 2⁻⁵¹
  /**
   * Numbers below this fraction of the largest gradient, or of 1, may be the remainders of sums whose terms
   * cancel.
   */
  cancelled: 1 / 256,
};

export class ComparedSides {
  private readonly model: ModelFacts;
  private readonly facts: ComparedFacts;
  private readonly wasm: ComparedSide;
  private readonly typescript: ComparedSide;
  private readonly values: readonly Compared[];
  /**
   * The storage of the WebAssembly side and of the TypeScript side, and a copy of the latter from before the
   * current program.
   */
  private readonly ofWasm: Uint8Array;
  private readonly stored: Uint8Array;
  private readonly before: Uint8Array;

  constructor(model: ModelFacts, facts: ComparedFacts, wasm: ComparedSide, typescript: ComparedSide) {
    this.model = model;
    this.facts = facts;
    this.wasm = wasm;
    this.typescript = typescript;
    this.values = storedValues(model, facts, wasm, typescript);
    this.ofWasm = bytesAt(wasm.f, facts.storedBytes);
    this.stored = bytesAt(typescript.f, facts.storedBytes);
    this.before = new Uint8Array(facts.storedBytes);
  }

  /**
   * Returns views of the values in the first `end` bytes of the TypeScript storage. If a value has rows, its
   * view contains only the first `rows` rows.
   */
  views(end = Infinity, rows = this.model.batchSize): ComparedViews {
    const views = this.values
      .filter(({ typescript }) => typescript.byteOffset < end)
      .map((value): [string, ComparedNumbers] => [value.name, firstRows(value, rows).typescript]);
    return new Map(views);
  }

  /** Sets the initial storage of the programs. */
  setStored(bytes: Uint8Array): void {
    this.stored.fill(0).set(bytes);
  }

  /** A copy of the first `end` bytes of storage. */
  storedUntil(end: number): Uint8Array {
    return this.stored.slice(0, end);
  }

  /**
   * Whether the last batch was informative: at least one gradient was nonzero, or the model has no gradients.
   */
  hasGradients(): boolean {
    const gradients = this.values.filter(({ isGradient }) => isGradient);
    return gradients.length === 0 || gradients.some(({ typescript }) => largestOf(typescript) > 0);
  }

  /** Runs the programs in order, and stops at the first program whose values differ. */
  firstDifference(draw: ComparedDraw): KernelDifference | undefined {
    for (const program in this.typescript.programs) {
      if (draw.wide > 0 && program !== "predict") continue;
      const difference = this.differenceIn(program, draw);
      if (difference !== undefined) return difference;
    }
    return undefined;
  }

  private run(program: string, rows: number): void {
    this.ofWasm.set(this.stored);
    this.typescript.programs[program]!(rows);
    this.wasm.programs[program]!(rows);
  }

  private differenceIn(program: string, draw: ComparedDraw): KernelDifference | undefined {
    this.before.set(this.stored);
    this.run(program, draw.rows);
    const suspects = this.suspectsOf(program, draw);
    if (suspects.length === 0) return undefined;
    const found = suspects.map(({ wasm, typescript, index }): [number, number] => [
      wasm[index]!,
      typescript[index]!,
    ]);
    const noise = this.noiseOf(program, draw, suspects).map((moved) => comparing.timesNoise * moved);
    const i = suspects.findIndex(({ error }, i) => !(error <= noise[i]!));
    if (i === -1) return undefined;
    const { name, index } = suspects[i]!;
    const [wasm, typescript] = found[i]!;
    return { program, rows: draw.rows, value: name, index, wasm, typescript, noise: noise[i]! };
  }

  /** The values that differ by more than the first two conditions allow, in program order. */
  private suspectsOf(program: string, { rows, wide }: ComparedDraw): Suspect[] {
    const { dtype } = this.model;
    const { cancelled, smallest, tolerance } = comparing;
    const near = Math.max(1, wide);
    const kept = (this.facts.temporaries[program] ?? []).map(([name, at, atInWasm, size]) => ({
      name,
      isGradient: false,
      rowSize: size,
      typescript: this.typescript.f.subarray(at, at + rows * size),
      wasm: this.wasm.f.subarray(atInWasm, atInWasm + rows * size),
    }));
    // Only the rows of the batch are compared.
    const stored = this.values.map((value) => firstRows(value, rows));
    const apart = [...kept, ...stored].flatMap((value) => {
      const { error, index } = largestDifference(value.wasm, value.typescript, wide > 0);
      return error <= near * smallest[dtype] ? [] : [{ ...value, error, index }];
    });
    if (apart.length === 0) return [];
    const gradients = stored.flatMap((value) => (value.isGradient ? largestOf(value.typescript) : []));
    const floor = cancelled * Math.max(0, ...gradients);
    return apart.flatMap((value): Suspect[] => {
      const scale = largestOf(value.typescript);
      const bound = tolerance[dtype] * Math.max(scale, value.isGradient ? floor : wide);
      return value.error <= bound
        ? []
        : [{ ...value, cap: Math.max(floor, cancelled * Math.max(near, scale)) }];
    });
  }

  /**
   * Measures how much each value changes if the numbers that the program reads change. Restores both sides.
   */
  private noiseOf(program: string, { rows, seed }: ComparedDraw, values: readonly Suspect[]): number[] {
    const { move, moves } = comparing;
    const bases = values.map((value) => ({ wasm: value.wasm.slice(), typescript: value.typescript.slice() }));
    const most = values.map(() => ({ wasm: 0, typescript: 0 }));
    for (let k = 0; k < moves; k++) {
      this.stored.set(this.before);
      moveNumbers(this.views(), seed * moves + k, move[this.model.dtype]);
      this.run(program, rows);
      values.forEach((value, i) => {
        for (const side of sides)
          most[i]![side] = Math.max(most[i]![side], largestDifference(value[side], bases[i]![side]).error);
      });
    }
    this.stored.set(this.before);
    this.run(program, rows);
    return most.map(({ wasm, typescript }, i) =>
      Math.max(Math.min(wasm, typescript), Math.min(values[i]!.cap, Math.max(wasm, typescript))),
    );
  }
}

const bytesAt = ({ buffer, byteOffset }: Numbers, bytes: number): Uint8Array =>
  new Uint8Array(buffer, byteOffset, bytes);

function firstRows(value: Compared, rows: number): Compared {
  const { rowSize, wasm, typescript } = value;
  if (rowSize === 0) return value;
  const count = rows * rowSize;
  return { ...value, wasm: wasm.subarray(0, count), typescript: typescript.subarray(0, count) };
}

/**
 * Finds the stored values in both arenas. Splits a "perParameter" value by parameter, because its magnitude
 * may differ between parameters.
 */
function storedValues(
  { parameters, batchSize }: ModelFacts,
  facts: ComparedFacts,
  wasm: ComparedSide,
  typescript: ComparedSide,
): Compared[] {
  const trainable = parameters.filter((parameter) => parameter.trainable);
  const parts = (value: ComparedValue): ComparedValue[] => {
    const [name, start, , kind] = value;
    if (kind !== "perParameter") return [value];
    let at = start;
    return trainable.map((parameter): ComparedValue => {
      const own = sizeOf(parameter.shape);
      return [`${name} of ${parameter.name}`, (at += own) - own, own];
    });
  };
  return arenaViews.flatMap((view) =>
    facts[view].flatMap(parts).map(([name, at, size, kind]) => {
      const hasRows = kind === "rows";
      const end = at + size * (hasRows ? batchSize : 1);
      return {
        name,
        isGradient: kind === "gradient",
        rowSize: hasRows ? size : 0,
        wasm: wasm[view].subarray(at, end),
        typescript: typescript[view].subarray(at, end),
      };
    }),
  );
}

/**
 * Returns the largest difference between two lists, and its index. The difference is infinite if only one of
 * two numbers is finite; `passInfinite` ignores such differences.
 */
function largestDifference(a: ComparedNumbers, b: ComparedNumbers, passInfinite = false) {
  const worst = { error: 0, index: 0 };
  for (let i = 0; i < b.length; i++) {
    if (a[i] === b[i] || (a[i] !== a[i] && b[i] !== b[i])) continue;
    const distance = Math.abs(a[i]! - b[i]!);
    const error = distance === distance ? distance : Infinity;
    if (error <= worst.error || (passInfinite && error === Infinity)) continue;
    worst.error = error;
    worst.index = i;
  }
  return worst;
}

/** Returns the largest finite magnitude. */
function largestOf(list: ComparedNumbers): number {
  let most = 0;
  for (let i = 0; i < list.length; i++) {
    const size = Math.abs(list[i]!);
    if (size > most && size < Infinity) most = size;
  }
  return most;
}
