/**
 * Purpose   Compute contractions with vectors, in tiles of several rows and several vectors of columns, so
 *           that each load is used in several products. The cost model chooses lanes along the columns or
 *           along the sum.
 * Requires  kernels with one index per axis; `output` loops form perfect nests.
 * Ensures   a tile is rejected if computing its rows or columns at once would change the result. The sum of
 *           an element is computed in the same order in every tile. If tiles do not divide the rows of a
 *           batch, the last tile starts earlier and overlaps the one before, provided that computing a row
 *           twice changes nothing.
 * Example   for i<n: for j<32: { sum = 0; for k: sum += x[i,k]·w[k,j]; y[i,j] = sum }
 *           => for i<n step 4: for j<32 step 8: {
 *                8 vector sums; for k: 4 splats + 2 vector loads, 8 products; 8 stores }
 */
import { call, integer, minus, variable, visit } from "../../loop/expressions.ts";
import { mayInterleave, readsStoredBuffers } from "../../loop/dependences.ts";
import { define, visitExpressions } from "../../loop/statements.ts";
import type { Buffer, For, Statement } from "../../loop/types.ts";
import { block, blocked } from "../register-blocking.ts";
import { contractionOf } from "./contraction.ts";
import type { Contraction } from "./contraction.ts";
import { tilesOf } from "./cost-model.ts";
import type { Tile } from "./cost-model.ts";
import { dotProducts } from "./dots.ts";
import { packed } from "./pack.ts";
import { accumulationOf, adjacentVectors, vectorLoop } from "./vector-loops.ts";
import type { Vectors } from "./vectorise.ts";

export interface Tiled {
  readonly statements: readonly Statement[];
  readonly tile: Tile;
  /** Scratch memory that the statements need in addition to the program's buffers. */
  readonly panels: readonly Buffer[];
}

/** The nest in the cheapest tiles that can be vectorised; undefined if no tiles can. */
export function tileContraction(loop: For, vectors: Vectors): Tiled | undefined {
  const contraction = contractionOf(loop, vectors);
  if (contraction === undefined) return undefined;
  const bytes = vectors.float === "f32" ? 4 : 8;
  for (const tile of tilesOf(contraction, vectors.lanes, bytes)) {
    const made = tile.isPacked ? inPanels(contraction, tile, vectors) : tiled(contraction, tile, vectors);
    if (made !== undefined) return { panels: [], ...made, tile };
  }
  return undefined;
}

type Made = Omit<Tiled, "tile" | "panels"> & Partial<Tiled>;

const inPanels = (contraction: Contraction, tile: Tile, vectors: Vectors): Made | undefined =>
  packed(contraction, tile, vectors, (strip, known) => tiled(strip, tile, known)?.statements);

function tiled(contraction: Contraction, tile: Tile, vectors: Vectors): Made | undefined {
  const { columns, rows, outputs } = contraction;
  const makeBlock = tile.form === "dots" ? dotProducts : adjacentVectors;
  const across = vectorLoop(columns, tile.vectors, makeBlock(columns, vectors), vectors);
  if (across === undefined) return undefined;
  const down = rows === undefined ? across : rowTiles({ ...rows, body: across }, tile.rows, vectors);
  if (down === undefined) return undefined;
  const ordered = tile.rows > tile.vectors ? rowByRow(down, tile) : down;
  const around = outputs.slice(0, Math.max(0, outputs.length - 2));
  return {
    statements: around.reduceRight<readonly Statement[]>((body, outer) => [{ ...outer, body }], ordered),
  };
}

/**
 * Reorders the sums of a tile from column by column to row by row. In a tall tile, the few vectors of the
 * columns then stay in registers, instead of the splats of its many rows. Sums are independent of each other,
 * so any order is correct.
 */
function rowByRow(statements: readonly Statement[], tile: Tile): readonly Statement[] {
  const { rows, vectors } = tile;
  return statements.map((statement) => {
    if (statement.kind !== "for") return statement;
    const { body } = statement;
    if (body.some((s) => accumulationOf(s) === undefined))
      return { ...statement, body: rowByRow(body, tile) };
    const size = rows * vectors;
    const at = (position: number): number => {
      const [run, within] = [Math.floor(position / size), position % size];
      return run * size + (within % vectors) * rows + Math.floor(within / vectors);
    };
    const isWhole = body.length % size === 0;
    return isWhole ? { ...statement, body: body.map((_, position) => body[at(position)]) } : statement;
  });
}

/** Tiles of `size` rows; undefined if the rows may not be interleaved. */
function rowTiles(rows: For, size: number, vectors: Vectors): readonly Statement[] | undefined {
  if (size > 1 && !mayInterleave(rows, vectors)) return undefined;
  if (rows.to.kind === "number" || size === 1) return blocked(rows, size);
  return mayOverlap(rows, vectors) && size <= vectors.batchSize
    ? [overlapping(rows, size, vectors)]
    : blocked(rows, size);
}

/**
 * Whether a tile may compute rows a second time, and rows after the last one, without changing any result.
 * This requires that no buffer is both read and written, and that no index depends on a number from memory.
 */
function mayOverlap(rows: For, vectors: Vectors): boolean {
  if (readsStoredBuffers([rows], vectors.buffers)) return false;
  let looksUp = false;
  visitExpressions(rows.body, (x) => {
    if (x.kind === "load")
      x.at.forEach((index) => visit(index, (part) => part.kind === "load" && (looksUp = true)));
  });
  return !looksUp;
}

/**
 * Tiles of `size` rows. The last tile starts early enough to end with the last row. If a batch has fewer rows
 * than a tile, the tile starts at the first row and extends into unused memory.
 */
function overlapping(rows: For, size: number, { fresh }: Vectors): For {
  const counter = fresh(rows.variable);
  const last = minus(rows.to, integer(size));
  const begin = call(
    "maximum",
    [integer(0), call("minimum", [variable(counter, "i32"), last], "i32")],
    "i32",
  );
  return {
    ...rows,
    variable: counter,
    step: size,
    body: [define(rows.variable, begin), ...block(rows, size)],
  };
}
