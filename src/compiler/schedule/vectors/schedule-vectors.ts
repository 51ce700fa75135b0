/**
 * The schedule of the WebAssembly target: from kernels as fused to kernels on vectors. Tiling and vectorising
 * need loops with one index an axis, so they are first; then invariants leave loops, equal expressions are
 * shared and indices become places, as for scalars.
 */
import { isCall, lanesOf, visit } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { rangesOf } from "../../loop/intervals.ts";
import { visitExpressions, visitStatements } from "../../loop/statements.ts";
import type { Buffer, For, Kernel, LoopProgram, Statement } from "../../loop/types.ts";
import { collapseLoops } from "../collapse-loops.ts";
import { hoistInvariants } from "../hoist.ts";
import { factorInLanes, factorOf, positionIn } from "../../loop/linear.ts";
import { nameMaker } from "../../util/name-maker.ts";
import { freshIn } from "../schedule.ts";
import type { Fresh } from "../hoist.ts";
import type { ScheduleOptions } from "../schedule.ts";
import { shareExpressions } from "../share-expressions.ts";
import { extentOf } from "./contraction.ts";
import type { Tile } from "./cost-model.ts";
import { cyclesOf } from "./estimate.ts";
import { tileContraction } from "./tile-contractions.ts";
import { sideBySide, vectorLoop, vectorReduction } from "./vector-loops.ts";
import type { Vectors } from "./vectorise.ts";

export interface VectorOptions extends ScheduleOptions {
  readonly float: "f32" | "f64";
}

/** Vectors side by side in a loop that sums for each lane: enough to hide how long an addition takes. */
const sumsSideBySide = 4;

/** What scheduling a kernel adds to its program, and says of it. */
interface Notes {
  readonly panels: Buffer[];
  readonly tiles: Tile[];
}

/** The loops along time hold nests of their own. */
const vectoriseBlock = (
  statements: readonly Statement[],
  vectors: Vectors,
  notes: Notes,
): readonly Statement[] =>
  statements.flatMap((s) => (s.kind === "for" ? vectoriseNest(s, vectors, notes) : [s]));

function vectoriseNest(loop: For, vectors: Vectors, notes: Notes): readonly Statement[] {
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
  if ((loop.role === "parallel" || loop.role === "output") && (isInnermost || liesAlong(loop, vectors))) {
    const count = Math.ceil(extentOf(loop, vectors.batchSize) / vectors.lanes);
    const size = isInnermost ? 1 : Math.min(sumsSideBySide, count);
    const made = vectorLoop(loop, size, sideBySide(loop, vectors), vectors);
    if (made !== undefined) return made;
  }
  return [{ ...loop, body: vectoriseBlock(loop.body, vectors, notes) }];
}

/** Whether all that the loop touches and that changes with it lies side by side, its inner loops being sums. */
function liesAlong(loop: For, { buffers, batchSize, lanes, aligned }: Vectors): boolean {
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

/** A sum over elements that lie apart gains nothing, unless it calls functions. */
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

function scheduleKernel(
  kernel: Kernel,
  buffers: ReadonlyMap<string, Buffer>,
  freshBuffer: Fresh,
  { skip, batchSize, float }: VectorOptions,
): { kernel: Kernel; notes: Notes } {
  const fresh = freshIn(kernel);
  const notes: Notes = { panels: [], tiles: [] };
  let current = kernel;
  if (!skip.has("collapse-loops")) current = collapseLoops(current, { buffers, batchSize });
  const vectors: Vectors = {
    buffers,
    batchSize,
    ranges: rangesOf(current.body, batchSize),
    float,
    lanes: float === "f32" ? 4 : 2,
    aligned: new Set(),
    fresh,
    freshBuffer,
  };
  if (!skip.has("vectorise")) current = { ...current, body: vectoriseBlock(current.body, vectors, notes) };
  if (!skip.has("hoist-invariants")) current = hoistInvariants(current, fresh);
  if (!skip.has("share-expressions")) current = shareExpressions(current, fresh);
  const schedule = {
    text: textOf(current, notes, vectors),
    cycles: Math.round(cyclesOf(current, batchSize)),
  };
  return { kernel: { ...current, schedule }, notes };
}

/** `6 × 8 sums at once, panels of dense1.weight`; a kernel without sums in tiles has `4 lanes`, or scalars alone. */
function textOf({ body }: Kernel, { tiles, panels }: Notes, { lanes }: Vectors): string {
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

/** The program on vectors, with one index an axis still; its scratch memory is among its buffers. */
export function scheduleVectors(program: LoopProgram, options: VectorOptions): LoopProgram {
  const buffers = new Map(program.buffers);
  // A panel that two kernels had in common would be neither's own, and threads could not have one each.
  const freshBuffer = nameMaker(buffers.keys(), "#");
  const kernels = program.kernels.map((kernel) => {
    const made = scheduleKernel(kernel, program.buffers, freshBuffer, options);
    for (const panel of made.notes.panels) buffers.set(panel.name, panel);
    return made.kernel;
  });
  return { ...program, kernels, buffers };
}
