/**
 * The properties of a contraction nest that the cost model needs: its extents, and the strides of each
 * operand in memory.
 */
import { lanesOf, visit } from "../../loop/expressions.ts";
import type { Expression } from "../../loop/expressions.ts";
import { mentions } from "../../loop/accesses.ts";
import { visitStatements } from "../../loop/statements.ts";
import type { For, Statement } from "../../loop/types.ts";
import { factorInLanes, factorOf, positionIn } from "../../loop/linear.ts";
import { accumulationOf } from "./vector-loops.ts";
import type { Vectors } from "./vectorise.ts";

/**
 * An operand that the innermost loop loads. Each `along…` property is the distance in elements between the
 * loads of successive iterations of a loop; undefined if it is not constant.
 */
export interface Operand {
  readonly load: Extract<Expression, { kind: "load" }>;
  readonly alongColumns: number | undefined;
  readonly alongRows: number | undefined;
  readonly alongSum: number | undefined;
}

export interface Contraction {
  /** The output loops, outermost first. `columns` is the last one, and `rows` the one before it. */
  readonly outputs: readonly For[];
  readonly columns: For;
  readonly rows: For | undefined;
  /**
   * The numbers of iterations for a full batch: of the columns (`width`), of the rows (`height`), of all
   * output loops around them (`repeats`), and of the loops of the sum (`depth`).
   */
  readonly width: number;
  readonly height: number;
  readonly repeats: number;
  readonly depth: number;
  /** The number of iterations of the innermost loop of the sum. */
  readonly run: number;
  readonly operands: readonly Operand[];
  /** The number of sums that one iteration updates. */
  readonly sums: number;
  /**
   * The number of outer loops inside which panels must be packed, because an operand depends on a loop of
   * unknown extent.
   */
  readonly around: number;
  /** The number of times that those loops repeat the packing of a strip. */
  readonly packs: number;
}

export const extentOf = ({ from, to, step }: For, batchSize: number): number => {
  const [start, end] = [from, to].map((x) => (x.kind === "number" ? x.value : batchSize));
  return Math.max(1, Math.ceil((end - start) / step));
};

/** The nest of output loops that begins with this loop, the outermost one. */
export function outputNest(loop: For): readonly For[] {
  const nest: For[] = [loop];
  for (
    let next: Statement | undefined = loop.body[0];
    next?.kind === "for" && next.role === "output";
    next = next.body[0]
  )
    nest.push(next);
  return nest;
}

/** The properties of a nest; undefined if no loop in it accumulates a sum. */
export function contractionOf(loop: For, vectors: Vectors): Contraction | undefined {
  const outputs = outputNest(loop);
  const columns = outputs[outputs.length - 1];
  const rows = outputs.at(-2);
  const { batchSize } = vectors;
  const operands = new Map<string, Operand>();
  let [depth, run, sums] = [0, 1, 0];
  const walk = (statements: readonly Statement[], iterations: number, innermost: For | undefined): void => {
    for (const s of statements) {
      if (s.kind === "for") {
        walk(s.body, iterations * extentOf(s, batchSize), s);
        continue;
      }
      if (innermost === undefined || accumulationOf(s) === undefined) continue;
      depth += iterations;
      run = extentOf(innermost, batchSize);
      sums += 1;
      visitStatements([s], (statement) => {
        if (statement.kind === "assign") collect(statement.value, innermost);
      });
    }
  };
  const collect = (x: Expression, innermost: For) =>
    visit(x, (part) => {
      if (part.kind !== "load" || lanesOf(part) > 1) return;
      const buffer = vectors.buffers.get(part.buffer);
      if (buffer === undefined) return;
      const position = positionIn(buffer, part.at, batchSize);
      const along = (by: For | undefined) => (by === undefined ? 0 : factorOf(position, by.variable));
      operands.set(`${part.buffer} ${JSON.stringify(position)}`, {
        load: part,
        alongColumns: factorInLanes(position, columns.variable, vectors.lanes, vectors.aligned),
        alongRows: along(rows),
        alongSum: along(innermost),
      });
    });
  walk(columns.body, 1, undefined);
  if (sums === 0) return undefined;
  const volume = (loops: readonly For[]) =>
    loops.reduce((product, outer) => product * extentOf(outer, batchSize), 1);
  const outer = outputs.slice(0, -2);
  const changing = [...operands.values()].filter(({ alongColumns }) => alongColumns !== 0);
  const isAround = ({ to, variable }: For): boolean =>
    to.kind !== "number" && changing.some(({ load }) => load.at.some((index) => mentions(index, variable)));
  const around = 1 + outer.findLastIndex(isAround);
  return {
    outputs,
    columns,
    rows,
    width: extentOf(columns, batchSize),
    height: rows === undefined ? 1 : extentOf(rows, batchSize),
    repeats: volume(outer),
    around,
    packs: volume(outer.slice(0, around)),
    depth: depth / sums,
    run,
    operands: [...operands.values()],
    sums,
  };
}
