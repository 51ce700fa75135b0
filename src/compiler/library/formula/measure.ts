/**
 * User-defined losses and metrics. A formula such as sqrt(mean((prediction - target)^2)) is computed from
 * sums over rows. Each `sum` and `mean` becomes totals that are added over batches, and the rest of the
 * formula is computed from the totals. The value over a data set therefore does not depend on the division
 * into batches. A function of a TypeScript spec receives `sum` and `mean` for the same purpose. It is called
 * once to find the totals, and once more to compute the value from them.
 */
import type { GraphBuilder } from "../../ir/builder.ts";
import { operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { isFloat } from "../../ir/types.ts";
import {
  alongRows,
  counting,
  fitsClasses,
  fitsElementwise,
  meanOf,
  realTarget,
  rowsText,
  sumOf,
  weightOf,
} from "../compare.ts";
import type { Comparison, Fit } from "../define.ts";
import { BuildError } from "../build-error.ts";
import { alongLastAxis, lastAxis } from "../compositions.ts";
import { called, returnedNode } from "../user-function.ts";
import { buildFormula } from "./build.ts";
import type { Kind, FormulaContext } from "./check.ts";
import { constantKinds, constantValues, expressionTree, nameInFormula } from "./keys.ts";
import type { Constants } from "./keys.ts";

export interface MeasureParts {
  /** For a loss, the network's output; for a metric, the estimate in original units. Shape: [n, …]. */
  readonly prediction: Node;
  /**
   * The target, with the shape of the prediction. For class indices, it is 1 at the class and 0 elsewhere, or
   * 0 everywhere if the target is −1. Otherwise, it consists of real numbers.
   */
  readonly target: Node;
  /** The spec's inputs by name, as real numbers. */
  readonly inputs: Readonly<Record<string, Node>>;
  /** Sums over all rows and axes, except rows whose class target is −1. */
  sum(x: Node): Node;
  mean(x: Node): Node;
}

/** Returns a number computed from sums and means, or a value per row or element, which is then averaged. */
export type MeasureFunction = (g: GraphBuilder, parts: MeasureParts) => Node;

export interface MeasureKeys {
  readonly formula: string | MeasureFunction;
  readonly constants: Constants;
}

type Sums = Readonly<Record<string, Node>>;

/** `inputs`: the names of the spec's inputs. Formulas cannot use names with a hyphen. */
export const measureContext = (
  what: string,
  target: string | undefined,
  inputs: readonly string[],
  constants: Constants,
): FormulaContext => ({
  what,
  names: new Map<string, Kind>([
    ...inputs.filter((name) => nameInFormula.test(name)).map((name): [string, Kind] => [name, "many"]),
    ...(target !== undefined && nameInFormula.test(target) ? [[target, "many"] as const] : []),
    ["prediction", "many"],
    ["target", "many"],
    ...constantKinds(constants),
  ]),
  totals: "over rows",
  hasAxes: true,
  result: "one",
});

/**
 * Returns the reason why the formula cannot compare these shapes; undefined if it can. A function in
 * TypeScript may read values of any shape.
 */
export function refuseFormula(fit: Fit, { formula }: MeasureKeys): string | undefined {
  if (typeof formula === "function" || fitsClasses(fit)) return undefined;
  const { target, output } = fit;
  const isReal = target.classes === undefined || target.classes === 2;
  if (isReal && fitsElementwise(fit)) return undefined;
  if (target.classes === undefined)
    return (
      `compares element by element, but the output has the shape ${rowsText(output)} and the ` +
      `target has the shape ${rowsText(target.shape)}`
    );
  return (
    `needs an output of the shape ${rowsText([...target.shape, target.classes])}, one number per class, ` +
    `got ${rowsText(output)}`
  );
}

/** The names of totals: `total` and `count`, then `total2` and `count2`, and so on. */
const totalName = (name: "total" | "count", ordinal: number): string =>
  ordinal === 1 ? name : `${name}${ordinal}`;

/** The totals of a batch. */
export function formulaSums(
  g: GraphBuilder,
  comparison: Comparison,
  prediction: Node,
  keys: MeasureKeys,
): Sums {
  const sums: Record<string, Node> = {};
  const made = new Set<Node>();
  let ordinal = 0;
  const total = (kind: "sum" | "mean", x: Node): Node => {
    if (dependsOn(x, (node) => made.has(node)))
      throw new BuildError(
        "T1604",
        "the function applies sum or mean inside another one, which would need a second pass over the data",
      );
    const { value, count } = counted(g, comparison, x);
    ordinal++;
    sums[totalName("total", ordinal)] = value;
    if (kind === "mean") sums[totalName("count", ordinal)] = count;
    const result = kind === "sum" ? value : meanOf(g, { total: value, count }, comparison);
    for (const node of [value, count, result]) made.add(node);
    return result;
  };
  const result = resultOf(g, comparison, prediction, keys, total);
  if (dependsOn(result, ({ op }) => leaves.has(op), made))
    throw new BuildError("T1604", "the function uses values of rows outside any sum or mean", {
      hint: "compute the result from sum(x) and mean(x), which are properties of the second argument",
    });
  if (ordinal === 0) {
    const what = typeof keys.formula === "string" ? "formula" : "function";
    throw new BuildError(
      "T1604",
      `the ${what} must use sum or mean, because otherwise its result does not depend on the rows`,
    );
  }
  return sums;
}

/** Computes the value from totals over one batch or several. */
export function formulaValue(
  g: GraphBuilder,
  sums: Sums,
  comparison: Comparison,
  prediction: Node,
  keys: MeasureKeys,
): Node {
  let ordinal = 0;
  const total = (kind: "sum" | "mean"): Node => {
    ordinal++;
    const value = sums[totalName("total", ordinal)];
    const count = sums[totalName("count", ordinal)];
    if (value === undefined || (kind === "mean" && count === undefined))
      throw new BuildError("T1608", "the function must use the same sums and means in every call", {
        hint: "the compiler calls it for the loss of a batch and for the loss of a data set",
      });
    const result = kind === "sum" ? value : meanOf(g, { total: value, count }, comparison);
    // A user's function may combine totals, which are f64, with numbers of the model's type.
    const isFormula = typeof keys.formula === "string" || result.type.element === g.float;
    return isFormula ? result : g.cast(result, { element: g.float });
  };
  const value = resultOf(g, comparison, prediction, keys, total);
  // The value has the type of the totals: the model's element type for a batch, f64 for a data set.
  const element = Object.values(sums)[0]?.type.element ?? value.type.element;
  return value.type.element === element ? value : g.cast(value, { element });
}

function resultOf(
  g: GraphBuilder,
  comparison: Comparison,
  prediction: Node,
  { formula, constants }: MeasureKeys,
  total: (kind: "sum" | "mean", x: Node) => Node,
): Node {
  const target = targetFor(g, comparison, prediction);
  const { inputs } = comparison;
  if (typeof formula === "string") {
    const names = new Map([
      ...Object.entries(inputs),
      [comparison.name, target] as const,
      ["prediction", prediction] as const,
      ["target", target] as const,
      ...constantValues(constants),
    ]);
    const value = buildFormula(g, expressionTree(formula), { text: formula, names, element: g.float, total });
    return returnedNode(g, "the formula", value);
  }
  const parts = {
    prediction,
    target,
    inputs,
    sum: (x: Node) => total("sum", asReal(g, returnedNode(g, "the function of a sum", x))),
    mean: (x: Node) => total("mean", asReal(g, returnedNode(g, "the function of a mean", x))),
  };
  const node = returnedNode(
    g,
    "the function",
    called("the function", () => formula(g, parts)),
  );
  return node.type.shape.length === 0 ? asReal(g, node) : total("mean", asReal(g, node));
}

const asReal = (g: GraphBuilder, x: Node): Node =>
  isFloat(x.type.element) ? x : g.cast(x, { element: g.float });

/** The target with one-hot classes along the last axis, so that a formula compares elements. */
function targetFor(g: GraphBuilder, comparison: Comparison, prediction: Node): Node {
  if (!fitsClasses(comparison)) return realTarget(g, comparison);
  const classes = g.iota({ shape: prediction.type.shape, axis: lastAxis(prediction) });
  const isExpected = g.equal(classes, alongLastAxis(g, comparison.expected, prediction));
  return g.named("onehot", g.cast(isExpected, { element: g.float }));
}

/**
 * The sum over the rows that count, and the number of summed elements. Both are weighted if there are
 * weights.
 */
function counted(g: GraphBuilder, comparison: Comparison, x: Node): { value: Node; count: Node } {
  const { rowWeight } = comparison;
  if (x.type.shape[0] !== "n")
    throw new BuildError(
      "T1604",
      "the function applies sum or mean to a value that is the same in every row",
    );
  const mask = counting(g, comparison);
  if (mask === undefined) {
    if (rowWeight !== undefined) {
      const weight = alongRows(g, rowWeight, x.type.shape);
      return { value: sumOf(g, g.multiply(weight, x)), count: sumOf(g, weight) };
    }
    const size = x.type.shape.reduce<number>((product, d) => (d === "n" ? product : product * d), 1);
    return { value: sumOf(g, x), count: g.multiply(g.batchSize({ element: g.float }), size) };
  }
  const missing = Math.max(0, x.type.shape.length - mask.type.shape.length);
  const ones = Array.from({ length: missing }, () => 1);
  const ofRank = (y: Node): Node => (missing === 0 ? y : g.reshape(y, { shape: [...y.type.shape, ...ones] }));
  const counts = ofRank(mask);
  const weight = weightOf(g, comparison);
  const rest = counts.type.shape.slice(x.type.shape.length).map(() => 1);
  const aligned = rest.length === 0 ? x : g.reshape(x, { shape: [...x.type.shape, ...rest] });
  const value = g.select(counts, weight === undefined ? aligned : g.multiply(ofRank(weight), aligned), 0);
  const ofOne = weight === undefined ? g.cast(mask, { element: g.float }) : g.select(mask, weight, 0);
  const ofEach = g.broadcastTo(ofRank(ofOne), value.type.shape);
  return { value: sumOf(g, value), count: sumOf(g, ofEach) };
}

const leaves: ReadonlySet<string> = new Set(["input", "parameter", "state", "random", "batchSize"]);

/** Whether `root` depends on a node that `isWanted` accepts. The search stops at the nodes in `closed`. */
function dependsOn(
  root: Node,
  isWanted: (node: Node) => boolean,
  closed: ReadonlySet<Node> = new Set(),
): boolean {
  const seen = new Set([root]);
  const queue = [root];
  for (let node = queue.pop(); node !== undefined; node = queue.pop()) {
    if (closed.has(node)) continue;
    if (isWanted(node)) return true;
    for (const operand of operandsOf(node))
      if (!seen.has(operand)) {
        seen.add(operand);
        queue.push(operand);
      }
  }
  return false;
}
