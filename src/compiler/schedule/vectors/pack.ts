/**
 * Purpose   Pack operands that a tile reads repeatedly into contiguous panels. The columns are divided into
 *           strips, and each strip has a panel with its part of the operand, in the order in which the tile
 *           reads it.
 * Requires  a contraction of known width; an operand that varies along the columns but not along the rows, in
 *           a buffer that the nest does not store.
 * Ensures   the loop over strips is outermost or, if the operand varies along outer loops of unknown extent,
 *           directly inside these loops. Panels are scratch memory. Packing also
 *           transposes the operand where necessary.
 * Example   for i: for j<512: for k: … w[k, j] …
 *           =>  for J<512 step 8: {
 *                 for k: for c<8: panel[k, c] = w[k, J + c]
 *                 for i: for c<8: for k: … panel[k, c] … }
 */
import { changedBuffers, mentions } from "../../loop/accesses.ts";
import { add, integer, keyOf, mapChildren, substitute, variable } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { store, substituteVariables, rewriteExpressions, visitStatements } from "../../loop/statements.ts";
import type { Dimension } from "../../ir/types.ts";
import type { Buffer, For, Statement } from "../../loop/types.ts";
import type { Contraction } from "./contraction.ts";
import { isPackable } from "./cost-model.ts";
import type { Tile } from "./cost-model.ts";
import { adjacentVectors, vectorLoop } from "./vector-loops.ts";
import type { Vectors } from "./vectorise.ts";

/** A panel: its buffer, the loops along its axes, and the load that it replaces. */
interface Panel {
  readonly buffer: Buffer;
  readonly loops: readonly For[];
  readonly load: Extract<Expression, { kind: "load" }>;
}

export interface Packed {
  readonly statements: readonly Statement[];
  readonly panels: readonly Buffer[];
}

/**
 * The contraction with packed operands; undefined if it has no packed form. `tile` returns the statements of
 * one strip, which has its own loop over its columns.
 */
export function packed(
  contraction: Contraction,
  { vectors: size }: Tile,
  vectors: Vectors,
  tile: (strip: Contraction, vectors: Vectors) => readonly Statement[] | undefined,
): Packed | undefined {
  const { columns, outputs, around } = contraction;
  if (columns.to.kind !== "number" || around > Math.max(0, outputs.length - 2)) return undefined;
  const width = size * vectors.lanes;
  const panels = panelsOf(contraction, width, vectors);
  if (panels.length === 0) return undefined;
  const buffers = panels.map(({ buffer }) => buffer);
  const block = vectors.fresh(columns.variable);
  const known: Vectors = {
    ...vectors,
    buffers: new Map([...vectors.buffers, ...buffers.map((panel) => [panel.name, panel] as const)]),
    aligned: new Set([...vectors.aligned, block]),
  };
  const strip = (base: Expression, extent: number): readonly Statement[] | undefined => {
    const column = vectors.fresh(columns.variable);
    const inStrip = new Map([[columns.variable, add(base, variable(column, "i32"))]]);
    const copies = panels.map((panel) => copyTo(panel, column, extent, inStrip, known));
    const body = substituteVariables(readingPanels(columns.body, panels, column), inStrip);
    const own: For = { ...columns, variable: column, to: integer(extent), body };
    const inside = [...outputs.slice(around, -1), own];
    const tiles = tile({ ...contraction, outputs: inside, columns: own, width: extent }, known);
    if (tiles === undefined || copies.includes(undefined)) return undefined;
    return [...copies.flatMap((copy) => copy ?? []), ...tiles];
  };
  const rest = columns.to.value % width;
  const whole = columns.to.value - rest;
  // A single strip needs no loop over strips, so threads share the loops inside it.
  const isOne = whole === width;
  const main = whole === 0 ? [] : strip(isOne ? integer(0) : variable(block, "i32"), width);
  const last = rest === 0 ? [] : strip(integer(whole), rest);
  if (main === undefined || last === undefined) return undefined;
  const loop: For = { ...columns, variable: block, to: integer(whole), step: width, body: main };
  const strips: readonly Statement[] = [...(isOne || whole === 0 ? main : [loop]), ...last];
  const statements = outputs
    .slice(0, around)
    .reduceRight<readonly Statement[]>((body, outer) => [{ ...outer, body }], strips);
  return { statements, panels: buffers };
}

function panelsOf(
  contraction: Contraction,
  width: number,
  { freshBuffer, float, buffers }: Vectors,
): Panel[] {
  const loops = loopsInside(contraction);
  const changed = changedBuffers(contraction.columns.body, buffers);
  return contraction.operands.filter(isPackable).flatMap(({ load }): Panel[] => {
    const own = loops.filter(({ variable: name }) => load.at.some((index) => mentions(index, name)));
    if (load.type !== float || changed.has(load.buffer)) return [];
    const shape: Dimension[] = [
      ...own.map(({ to }): Dimension => (to.kind === "number" ? to.value : "n")),
      width,
    ];
    if (own.some(({ to }, axis) => to.kind !== "number" && axis > 0)) return [];
    const buffer: Buffer = {
      name: freshBuffer(`${load.buffer}#panel`),
      storage: undefined,
      element: float,
      shape,
      region: "temporary",
      isScratch: true,
    };
    return [{ buffer, loops: own, load }];
  });
}

/** The loops inside a strip whose variables an operand may mention, without the rows and the columns. */
function loopsInside({ outputs, columns, rows, around }: Contraction): readonly For[] {
  const loops = outputs.slice(around).filter((loop) => loop !== columns && loop !== rows);
  visitStatements(columns.body, (s) => s.kind === "for" && loops.push(s));
  return loops;
}

const placeIn = ({ loops }: Panel, column: string): Expression[] => [
  ...loops.map(({ variable: name }) => variable(name, "i32")),
  variable(column, "i32"),
];

/** panel[k, c] = operand, for all k and c. */
function copyTo(
  panel: Panel,
  column: string,
  extent: number,
  inStrip: ReadonlyMap<string, Expression>,
  vectors: Vectors,
): readonly Statement[] | undefined {
  const { buffer, loops, load } = panel;
  const names = new Map(loops.map(({ variable: name }) => [name, variable(vectors.fresh(name), "i32")]));
  const element = substitute(
    mapChildren(load, (index) => substitute(index, inStrip)),
    names,
  );
  const at = placeIn(panel, column).map((index) => substitute(index, names));
  const columns: For = {
    kind: "for",
    variable: column,
    from: integer(0),
    to: integer(extent),
    step: 1,
    role: "parallel",
    body: [store(buffer.name, at, element)],
  };
  const across = vectorLoop(
    columns,
    Math.ceil(extent / vectors.lanes),
    adjacentVectors(columns, vectors),
    vectors,
  );
  if (across === undefined) return undefined;
  return loops.reduceRight<readonly Statement[]>((body, loop) => {
    const renamed = names.get(loop.variable);
    return [
      {
        ...loop,
        variable: renamed?.kind === "variable" ? renamed.name : loop.variable,
        role: "parallel",
        body,
      },
    ];
  }, across);
}

/** The body, with the load of each packed operand replaced by a load from its panel. */
const readingPanels = (
  body: readonly Statement[],
  panels: readonly Panel[],
  column: string,
): readonly Statement[] => {
  const byKey = new Map(panels.map((panel) => [keyOf(panel.load), panel]));
  return rewriteExpressions(body, (x) => {
    const panel = x.kind === "load" ? byKey.get(keyOf(x)) : undefined;
    return panel === undefined
      ? x
      : { kind: "load", buffer: panel.buffer.name, at: placeIn(panel, column), type: x.type };
  });
};
