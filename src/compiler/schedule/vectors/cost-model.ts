/**
 * The cost model of vector code, in cycles of a core with 16 vector registers. Costs were measured in V8 on
 * x86-64, with data in the L1 and L2 caches: three additions or multiplications take 2 cycles, and one fused
 * multiply-add takes 1.5. A trainer has a single schedule for the plain module and the module with fused
 * multiply-add, so both are weighted equally.
 */
import type { Contraction, Operand } from "./contraction.ts";

/**
 * The tile of a contraction: the direction of the lanes, and the number of elements that are computed at
 * once.
 */
export interface Tile {
  /** With `columns`, lanes run along the last axis of the output. With `dots`, they run along the sum. */
  readonly form: "columns" | "dots";
  readonly rows: number;
  /** The number of adjacent vectors along the columns. */
  readonly vectors: number;
  /** Whether operands that vary along the columns are packed into panels. */
  readonly isPacked: boolean;
  /** The cycles of the whole nest. */
  readonly cycles: number;
}

export const costs = {
  load: 0.45,
  /**
   * A load of a vector lane by lane, because its elements are not adjacent. Such loads also compete with the
   * arithmetic.
   */
  loadOfLanes: 1.4,
  storeOfVector: 0.5,
  /** The overhead of one iteration. */
  loop: 1,
  /** The horizontal reduction of four vectors, per accumulator. */
  fold: 1.1,
} as const;
const { load, loadOfLanes, storeOfVector, loop, fold } = costs;

const registers = 15;
const tileOverhead = 5;
/**
 * The relative cost of each register beyond 12 in plain modules. There, V8 allocates a register for each
 * product before it is added.
 */
const spilling = 0.17;
const freeOfSpilling = 12;
const spillingFused = 1.5;
const copyOfVector = 1.3;
/** The measured slowdown of `dots` tiles, compared with tiles whose lanes run along the columns. */
const slowdownOfDots = 1.08;
/** The relative cost of the code for each additional tile shape. */
const costOfVariant = 0.03;
/**
 * The size in bytes above which an operand does not stay in the L2 cache until the next tile reads it.
 */
const secondCache = 786_432;
const slowdownBeyond = 1.8;
/**
 * If the rows of an operand are at least this many bytes apart, and there are at least this many of them,
 * they evict each other from the L1 cache.
 */
const farApart = 1024;
const manyRows = 64;
const slowdownApart = 1.25;

/** The factor by which an operand that is not packed slows down a tile. */
function slowdownOf({ alongSum }: Operand, depth: number, width: number, bytes: number): number {
  if (depth * width * bytes > secondCache) return slowdownBeyond;
  const isApart = alongSum === undefined || alongSum * bytes >= farApart;
  return isApart && depth >= manyRows ? slowdownApart : 1;
}

/**
 * The cycles of one iteration of an innermost loop. It adds one product of vectors to each of `sums`
 * accumulators in registers, and uses `others` further registers.
 */
export function products(sums: number, others: number): number {
  const inRegisters = sums + others;
  const plain = Math.max(2, (1.04 * sums) / 1.5) * (1 + spilling * Math.max(0, inRegisters - freeOfSpilling));
  const latency = sums < 10 ? 0.6 : sums < 12 ? 0.3 : 0.1;
  const fused = (Math.max(4, sums / 2) + latency) * (inRegisters > registers ? spillingFused : 1);
  return (plain + fused) / 2;
}

/** All candidate tiles, cheapest first. */
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

/**
 * The number of tiles of `size` rows in a strip, and the number of remaining rows. If the number of rows is
 * known only at run time, the last tile is also whole.
 */
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
    // A tile iterates along its longer side, so only the operands of the shorter side stay in registers.
    let [loads, gathers, splats, vectorLoads, slow] = [0, 0, 0, 0, 1];
    for (const operand of operands) {
      const { alongColumns, alongRows } = operand;
      const copies = alongRows === 0 ? 1 : r;
      if (alongColumns === 0) {
        loads += copies * load;
        splats += copies;
      } else {
        vectorLoads += copies * v;
        const isPanel = isPacked && isPackable(operand);
        if (isPanel || alongColumns === 1) loads += copies * v * load;
        else gathers += copies * v * loadOfLanes;
        if (!isPanel) slow = Math.max(slow, slowdownOf(operand, depth, width, bytes));
      }
    }
    const work = Math.max(loads, products(r * v * sums, Math.min(splats, vectorLoads) + 1)) + gathers;
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
    return steps * work * slowdownOfDots + masked + tileOverhead + r * lanes * sums * fold;
  };
  const down = runs(contraction, rows);
  return (
    (down.whole * tile(rows) + (down.rest > 0 ? tile(down.rest) : 0)) * Math.ceil(width / lanes) * repeats
  );
}
