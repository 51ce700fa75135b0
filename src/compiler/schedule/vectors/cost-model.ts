/**
 * The one place that says what vector code costs, in cycles of a core with sixteen vector registers, measured
 * in V8 on x86-64 (three additions or multiplications in two cycles' time, or one fused pair a cycle and a
 * half; data in the first two caches). A trainer holds one schedule for both of its modules, so both count
 * alike.
 */
import type { Contraction, Operand } from "./contraction.ts";

/** Where the lanes of a contraction lie, and how many elements a tile of it computes at once. */
export interface Tile {
  /** columns: lanes along the output's last axis. dots: lanes along the sum. */
  readonly form: "columns" | "dots";
  readonly rows: number;
  /** Vectors of columns side by side. */
  readonly vectors: number;
  /** Whether the operands that lie along columns are copied to lie tile by tile. */
  readonly isPacked: boolean;
  /** Of the whole nest. */
  readonly cycles: number;
}

export const costs = {
  load: 0.45,
  /** A vector whose elements lie apart, element by element: it also takes turns with the arithmetic. */
  loadOfLanes: 1.4,
  storeOfVector: 0.5,
  /** One iteration more. */
  loop: 1,
  /** Per accumulator: to bring the lanes of four together. */
  fold: 1.1,
} as const;
const { load, loadOfLanes, storeOfVector, loop, fold } = costs;

const registers = 15;
const tileOverhead = 5;
/**
 * What each register beyond twelve costs where products need one of their own until they are added, as V8
 * gives them out.
 */
const spilling = 0.17;
const freeOfSpilling = 12;
const spillingFused = 1.5;
const copyOfVector = 1.3;
/** Measured beside tiles with lanes along the columns. */
const slownessOfDots = 1.08;
/** What each further shape of tile costs, for its code. */
const costOfVariant = 0.03;
/** Bytes of an operand from which on its rows, far apart, are not at hand when the next tile comes. */
const secondCache = 786_432;
const slowdownBeyond = 1.8;
/**
 * Bytes from one row to the next from which on rows drive each other out of the first cache, and how many
 * must meet for that.
 */
const farApart = 1024;
const crowd = 64;
const slowdownApart = 1.25;

/** How much longer a tile waits for an operand that lies as the model has it. */
function slowness({ alongSum }: Operand, depth: number, width: number, bytes: number): number {
  if (depth * width * bytes > secondCache) return slowdownBeyond;
  const isApart = alongSum === undefined || alongSum * bytes >= farApart;
  return isApart && depth >= crowd ? slowdownApart : 1;
}

/**
 * One iteration of the innermost loop that adds so many products of vectors to sums in registers, with
 * `others` beside them.
 */
export function products(sums: number, others: number): number {
  const inRegisters = sums + others;
  const plain = Math.max(2, (1.04 * sums) / 1.5) * (1 + spilling * Math.max(0, inRegisters - freeOfSpilling));
  const latency = sums < 10 ? 0.6 : sums < 12 ? 0.3 : 0.1;
  const fused = (Math.max(4, sums / 2) + latency) * (inRegisters > registers ? spillingFused : 1);
  return (plain + fused) / 2;
}

/** The candidates, cheapest first. */
export function tilesOf(contraction: Contraction, lanes: number, bytes: number): readonly Tile[] {
  const { rows, height, width, columns } = contraction;
  const tiles: Tile[] = [];
  for (let r = 1; r <= (rows === undefined ? 1 : Math.min(8, height)); r++) {
    for (let v = 1; v <= Math.min(6, Math.ceil(width / lanes)) && r * v <= 14; v++)
      for (const isPacked of [false, true]) {
        const cycles = columnCycles(contraction, r, v, isPacked, lanes, bytes);
        tiles.push({ form: "columns", rows: r, vectors: v, isPacked, cycles });
      }
    if (columns.to.kind === "number" && r * lanes <= 12)
      tiles.push({
        form: "dots",
        rows: r,
        vectors: 1,
        isPacked: false,
        cycles: dotCycles(contraction, r, lanes),
      });
  }
  return tiles.filter(({ cycles }) => cycles < Infinity).sort((a, b) => a.cycles - b.cycles);
}

export const isPackable = ({ alongColumns, alongRows }: Operand): boolean =>
  alongColumns !== undefined && alongColumns !== 0 && alongRows === 0;

/** How often a strip's tile runs over rows, the last one of an unknown number whole as well. */
function runs({ height, rows }: Contraction, size: number): { whole: number; rest: number } {
  const rest = height % size;
  const whole = Math.floor(height / size);
  return rows !== undefined && rows.to.kind !== "number" && rest > 0
    ? { whole: whole + 1, rest: 0 }
    : { whole, rest };
}

function columnCycles(
  contraction: Contraction,
  rows: number,
  vectors: number,
  isPacked: boolean,
  lanes: number,
  bytes: number,
): number {
  const { operands, depth, width, sums, repeats } = contraction;
  const count = Math.ceil(width / lanes);
  const panels = operands.filter(isPackable);
  if (isPacked && panels.length === 0) return Infinity;
  if (operands.some(({ alongColumns }) => alongColumns === undefined)) return Infinity;

  const tile = (r: number, v: number): number => {
    // A tile goes along its longer side: only what the shorter one reads stays in registers.
    let [loads, gathers, spread, lying, slow] = [0, 0, 0, 0, 1];
    for (const operand of operands) {
      const { alongColumns, alongRows } = operand;
      const copies = alongRows === 0 ? 1 : r;
      if (alongColumns === 0) {
        loads += copies * load;
        spread += copies;
      } else {
        lying += copies * v;
        const isPanel = isPacked && isPackable(operand);
        if (isPanel || alongColumns === 1) loads += copies * v * load;
        else gathers += copies * v * loadOfLanes;
        if (!isPanel) slow = Math.max(slow, slowness(operand, depth, width, bytes));
      }
    }
    const work = Math.max(loads, products(r * v * sums, Math.min(spread, lying) + 1)) + gathers;
    return depth * (work * slow + loop) + tileOverhead + r * v * storeOfVector;
  };
  const [across, down] = [
    { whole: Math.floor(count / vectors), rest: count % vectors },
    runs(contraction, rows),
  ];
  const strip = (r: number): number =>
    r === 0 ? 0 : across.whole * tile(r, vectors) + (across.rest > 0 ? tile(r, across.rest) : 0);
  const variants = [across.rest, down.rest].filter((rest) => rest > 0).length;
  const tiles = (down.whole * strip(rows) + strip(down.rest)) * repeats * (1 + costOfVariant * variants);
  const copies = panels.reduce(
    (sum, { alongColumns }) => sum + copyOfVector + (alongColumns === 1 ? 0 : 1),
    0,
  );
  return tiles + (isPacked ? copies * count * depth * contraction.packs : 0);
}

function dotCycles(contraction: Contraction, rows: number, lanes: number): number {
  const { operands, depth, run, sums, width, repeats } = contraction;
  const tile = (r: number): number => {
    let [loads, gathers, others] = [0, 0, 0];
    for (const { alongColumns, alongRows, alongSum } of operands) {
      if (alongSum === undefined) return Infinity;
      const copies = (alongColumns === 0 ? 1 : lanes) * (alongRows === 0 ? 1 : r);
      if (alongSum === 1 || alongSum === 0) loads += copies * load;
      else gathers += copies * loadOfLanes;
      others += alongColumns === 0 ? r : 1;
    }
    const steps = (depth / run) * Math.ceil(run / lanes);
    const masked = run % lanes === 0 ? 0 : (depth / run) * r * lanes;
    const work = Math.max(loads, products(r * lanes * sums, others)) + gathers + loop;
    return steps * work * slownessOfDots + masked + tileOverhead + r * lanes * sums * fold;
  };
  const down = runs(contraction, rows);
  return (
    (down.whole * tile(rows) + (down.rest > 0 ? tile(down.rest) : 0)) * Math.ceil(width / lanes) * repeats
  );
}
