/**
 * Purpose   Vectorise loops: contractions become tiles of several rows and columns, sums are accumulated per
 *           lane, and other loops run several iterations at once.
 * Requires  kernels with one index per axis.
 * Ensures   the same values up to rounding. A contraction may read packed copies of its operands (panels),
 *           which are scratch memory of its kernel. A loop is unchanged if it has no vector form, or if
 *           vectors would not make it faster.
 * Example   for i<8: y[i] = x[i] · 2   =>   for i<8 step 4: y[i ..+4] = x[i ..+4] · 2×4
 */
import { isCall, lanesOf, visit } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { rangesOf } from "../../loop/intervals.ts";
import { visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { Buffer, For, Kernel, Statement } from "../../loop/types.ts";
import { factorInLanes, factorOf, positionIn } from "../../loop/linear.ts";
import { defineLoopStage, freshIn } from "../../stages/loops.ts";
import { nameMaker } from "../../util/name-maker.ts";
import { extentOf } from "./contraction.ts";
import type { Tile } from "./cost-model.ts";
import { tileContraction } from "./tile-contractions.ts";
import { adjacentVectors, vectorLoop, vectorReduction } from "./vector-loops.ts";
import type { Vectors } from "./vectorise.ts";

/**
 * The number of adjacent vectors in a loop that has a sum in each lane. It is large enough to hide the
 * latency of an addition.
 */
const adjacentSums = 4;

/**
 * The facts that are recorded while a kernel is vectorised: the panels to add to the program, and the tiles
 * for the kernel's description.
 */
interface ScheduleFacts {
  readonly panels: Buffer[];
  readonly tiles: Tile[];
}

/** Vectorises all nests of a block, including the nests inside loops along time. */
const vectoriseBlock = (
  statements: readonly Statement[],
  vectors: Vectors,
  notes: ScheduleFacts,
): readonly Statement[] =>
  statements.flatMap((s) => (s.kind === "for" ? vectoriseNest(s, vectors, notes) : [s]));

function vectoriseNest(loop: For, vectors: Vectors, notes: ScheduleFacts): readonly Statement[] {
  if (loop.role === "output") {
    const made = tileContraction(loop, vectors);
    if (made !== undefined) {
      notes.panels.push(...made.panels);
      notes.tiles.push(made.tile);
      return made.statements;
    }
  }
  const isInnermost = !loop.body.some((s) => s.kind === "for");
  if (loop.role === "reduction" && isInnermost && isWorthIt(loop, vectors))
    return vectorReduction(loop, vectors) ?? [loop];
  if ((loop.role === "parallel" || loop.role === "output") && (isInnermost || isContiguous(loop, vectors))) {
    const count = Math.ceil(extentOf(loop, vectors.batchSize) / vectors.lanes);
    const size = isInnermost ? 1 : Math.min(adjacentSums, count);
    const made = vectorLoop(loop, size, adjacentVectors(loop, vectors), vectors);
    if (made !== undefined) return made;
  }
  return [{ ...loop, body: vectoriseBlock(loop.body, vectors, notes) }];
}

/**
 * Whether all accesses that depend on the loop variable are to adjacent elements, and all inner loops are
 * sums.
 */
function isContiguous(loop: For, { buffers, batchSize, lanes, aligned }: Vectors): boolean {
  let [some, all] = [false, true];
  const see = (name: string, at: readonly Expression[]) => {
    const buffer = buffers.get(name);
    const factor = buffer && factorInLanes(positionIn(buffer, at, batchSize), loop.variable, lanes, aligned);
    if (factor === 1) some = true;
    else if (factor !== 0) all = false;
  };
  visitStatements(loop.body, (s) => {
    if (s.kind === "for" && s.role !== "reduction") all = false;
    if (s.kind === "store") see(s.buffer, s.at);
    const values = s.kind === "store" || s.kind === "let" || s.kind === "assign" ? [s.value] : [];
    for (const x of values) visit(x, (part) => part.kind === "load" && see(part.buffer, part.at));
  });
  return some && all;
}

/**
 * Whether vectors make a sum faster. If the elements of the sum are not adjacent, vectors help only if the
 * sum calls functions.
 */
function isWorthIt(loop: For, { buffers, batchSize }: Vectors): boolean {
  let isWorth = false;
  visitStatements(loop.body, (s) => {
    const values = s.kind === "store" || s.kind === "let" || s.kind === "assign" ? [s.value] : [];
    for (const x of values)
      visit(x, (part) => {
        const buffer = part.kind === "load" ? buffers.get(part.buffer) : undefined;
        if (part.kind === "load" && buffer !== undefined)
          isWorth ||= factorOf(positionIn(buffer, part.at, batchSize), loop.variable) === 1;
        else if (isCall(part)) isWorth = true;
      });
  });
  return isWorth;
}

/**
 * The description of a kernel, such as `6 × 8 sums at once, panels of dense1.weight`. Without tiles it is `4
 * lanes`, and without vectors `scalars`.
 */
function textOf(body: readonly Statement[], { tiles, panels }: ScheduleFacts, { lanes }: Vectors): string {
  let hasVectors = false;
  visitExpressions(body, (x) => (hasVectors ||= lanesOf(x) > 1));
  if (tiles.length === 0) return hasVectors ? `${lanes} lanes` : "scalars";
  const texts = tiles.map(({ form, rows, vectors }) =>
    form === "dots"
      ? `${rows} × ${lanes} sums at once, lanes along the sum`
      : `${rows} × ${vectors * lanes} sums at once`,
  );
  const copies = new Set(panels.map(({ name }) => `panels of ${name.split("#")[0]}`));
  return [...new Set(texts), ...copies].join(", ");
}

export const vectoriseLoops = defineLoopStage("vectorise", (program, { batchSize, float }) => {
  const buffers = new Map(program.buffers);
  // Each panel is scratch memory of one kernel, so that each thread can have a copy.
  const freshBuffer = nameMaker(buffers.keys(), "#");
  const kernels = program.kernels.map((kernel): Kernel => {
    const vectors: Vectors = {
      buffers: program.buffers,
      batchSize,
      ranges: rangesOf(kernel.body, batchSize),
      float,
      lanes: float === "f32" ? 4 : 2,
      aligned: new Set(),
      fresh: freshIn(kernel),
      freshBuffer,
    };
    const notes: ScheduleFacts = { panels: [], tiles: [] };
    const body = vectoriseBlock(kernel.body, vectors, notes);
    for (const panel of notes.panels) buffers.set(panel.name, panel);
    return { ...kernel, body, schedule: textOf(body, notes, vectors) };
  });
  return { ...program, kernels, buffers };
});
