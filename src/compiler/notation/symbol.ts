/** Names of values in formulas: the display name of each value, and how mathematics writes it. */
import type { Graph, Node } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { besideSign, named } from "./formula.ts";
import type { Formula, Name } from "./formula.ts";
import { nodeFormula } from "./node-formula.ts";
import { codeName, textOf } from "./text.ts";

// Names of values as mathematics writes them: dense1.weight is W with its layer below, what `dense1` makes is
// h, the sum before its activation z, and d_x is ∂L/∂x. What has no letter of its own stays the word that it
// is, so that it can be found in the code.

export type Symbol =
  | { readonly kind: "letter"; readonly letter: string }
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "subscript"; readonly base: Symbol; readonly below: readonly string[] }
  /** ∂L/∂x; `part` if it is one of several that add up to it. */
  | { readonly kind: "derivative"; readonly of: Symbol; readonly part: string | undefined };

/** What a layer's parameters are called, and the sum that goes into its activation. */
const letters: Readonly<Record<string, string>> = {
  weight: "W",
  bias: "b",
  recurrent: "U",
  scale: "γ",
  shift: "β",
  sum: "z",
};

/**
 * Parameters of a layer that has several weights and biases keep what each is for below; its values are
 * called by the same words.
 */
const numerous: Readonly<Record<string, readonly [letter: string, below: string]>> = {
  query: ["W", "query"],
  key: ["W", "key"],
  value: ["W", "value"],
  output: ["W", "output"],
  queryBias: ["b", "query"],
  keyBias: ["b", "key"],
  valueBias: ["b", "value"],
  outputBias: ["b", "output"],
  recurrentBias: ["b", "recurrent"],
};

/** dz, d_name and d_name_part are ∂L/∂z, ∂L/∂name and a part of it. */
function derivativeOf(name: string): { readonly of: string; readonly part: string | undefined } | undefined {
  const derivative = /^d(?:_|(?=[a-z]$))(.+?)(?:_part(?:_(\d+))?)?$/.exec(name);
  if (derivative === null) return undefined;
  const [, of, number] = derivative;
  return { of, part: name.endsWith(of) ? undefined : (number ?? "1") };
}

/** As text: ∂L/∂dense1, other names as the code has them. */
export function mathematicalName(name: Name): string {
  const derivative = derivativeOf(name.name);
  if (derivative === undefined) return codeName(name);
  const quotient = `∂L/∂${codeName({ ...name, name: derivative.of })}`;
  return derivative.part === undefined ? quotient : `(${quotient})_${derivative.part}`;
}

export function symbolOf({ name, layer, time }: Name): Symbol {
  const below = time === undefined ? [] : [time];
  const derivative = derivativeOf(name);
  if (derivative !== undefined) {
    const { of, part } = derivative;
    return { kind: "derivative", of: symbolOf({ kind: "name", name: of, layer, time }), part };
  }
  // What stands in the formula of a derivative is told apart from the layer's own values by a prime.
  const within = /^([a-z]+)_in_d_(.+)$/i.exec(name);
  if (within !== null) return subscripted(word(`${within[1]}′`), [within[2], ...below]);
  if (name === "loss") return subscripted({ kind: "letter", letter: "L" }, below);
  const numbered = /^(.+)_(\d+)$/.exec(name);
  if (numbered !== null) {
    const [, base, number] = numbered;
    const symbol = symbolOf({ kind: "name", name: base, layer });
    return subscripted(symbol, [`(${number})`, ...below]);
  }
  const dot = name.lastIndexOf(".");
  if (dot > 0) return parameterSymbol(name.slice(0, dot), name.slice(dot + 1), below);
  if (layer !== undefined && name === layer)
    return subscripted({ kind: "letter", letter: "h" }, [layer, ...below]);
  // The states of a recurrent layer at all places are a matrix; h alone is what the layer gives on.
  if (layer !== undefined && name === `${layer}_h` && time === undefined)
    return subscripted({ kind: "letter", letter: "H" }, [layer]);
  if (layer !== undefined && name.startsWith(`${layer}_`))
    return subscripted(letterOf(name.slice(layer.length + 1)), [layer, ...below]);
  return subscripted(word(name), below);
}

/** Whether it is a word or begins or ends with one: two of them side by side would read as one expression. */
const isWord = (symbol: Symbol): boolean =>
  symbol.kind === "word" || (symbol.kind === "subscript" && isWord(symbol.base));

/** Between factors that are numbers or words a product needs a sign, or they would read as one. */
export function needsDot({ sign, x, y }: Extract<Formula, { readonly kind: "infix" }>): boolean {
  if (sign !== "scale" && sign !== "matrix") return false;
  const [left, right] = [besideSign(x, 0), besideSign(y, 1)];
  const isLong = (part: Formula): boolean => part.kind === "name" && isWord(symbolOf(part));
  return right.kind === "number" || isLong(left) || isLong(right);
}

const word = (name: string): Symbol =>
  name.length === 1 ? { kind: "letter", letter: name } : { kind: "word", word: name };

const letterOf = (role: string): Symbol =>
  Object.hasOwn(letters, role) ? { kind: "letter", letter: letters[role] } : word(role);

function parameterSymbol(layer: string, role: string, below: readonly string[]): Symbol {
  if (!Object.hasOwn(numerous, role)) return subscripted(letterOf(role), [layer, ...below]);
  const [letter, use] = numerous[role];
  return subscripted({ kind: "letter", letter }, [use, layer, ...below]);
}

/** One list of subscripts, however many there are to be added. */
function subscripted(base: Symbol, below: readonly string[]): Symbol {
  if (below.length === 0) return base;
  if (base.kind === "subscript") return { ...base, below: [...base.below, ...below] };
  return { kind: "subscript", base, below };
}

// Display names of values. In the step of a recurrence, a sequence and a stacked value carry their index in time, a
// carried value that of the previous step, and a whole operand only its name: h[t] = tanh(x[t] + h[t − 1] · w).

type NameOf = (node: Node) => string | undefined;

/** Gives what stands for each node that is spoken of by name; others are written out where they are read. */
export function spokenFormulas(
  graph: Graph,
  isNamed: (node: Node) => boolean,
  nameOf: NameOf,
): (node: Node) => Formula | undefined {
  const inSteps = new Map<Node, () => Formula>();
  const layers = new Set(
    [graph, ...stepsOf(graph).map(({ step }) => step)].flatMap(({ nodes }) =>
      nodes.flatMap(({ origin }) => origin.layer ?? []),
    ),
  );
  const own = (node: Node, otherwise = "?"): Formula => {
    const name = nameOf(node) ?? otherwise;
    return named(name, layerOf(name, layers) ?? node.origin.layer);
  };
  const spoken = (node: Node): Formula | undefined => {
    const inStep = inSteps.get(node);
    if (inStep !== undefined) return inStep();
    return isNamed(node) && nameOf(node) !== undefined ? own(node) : undefined;
  };
  const enter = (part: Graph): void => {
    for (const [recurrence, scans] of recurrencesOf(part)) {
      const given: Readonly<Record<string, Node>> = scans[0].operands;
      const before = recurrence.reverse ? "t + 1" : "t − 1";
      for (const scan of [...scans].reverse()) inSteps.set(scan.attributes.value, () => at(own(scan), "t"));
      for (const { name, role, argument, next } of recurrence.operands) {
        const whole = () => spoken(given[name]) ?? nodeFormula(given[name], spoken);
        if (role === "whole") inSteps.set(argument, whole);
        if (role === "each") inSteps.set(argument, () => at(whole(), "t"));
        if (next !== undefined) {
          const stack = scans.find(({ attributes }) => attributes.value === next);
          const called = stack !== undefined && nameOf(stack) !== undefined ? stack : argument;
          inSteps.set(argument, () => at(own(called, name), before));
        }
      }
      enter(stepGraph(recurrence, scans));
    }
  };
  enter(graph);
  return spoken;
}

/**
 * The layer whose value a name is, or that a derivative is by: `d_dense1` comes from the rule of the layer
 * behind dense1.
 */
function layerOf(name: string, layers: ReadonlySet<string>): string | undefined {
  const value = name.replace(/^d_/, "");
  for (let end = value.length; end > 0; end = value.lastIndexOf("_", end - 1))
    if (layers.has(value.slice(0, end))) return value.slice(0, end);
  return undefined;
}

/** The same as text. */
export function spokenNames(graph: Graph, isNamed: (node: Node) => boolean, nameOf: NameOf): NameOf {
  const spoken = spokenFormulas(graph, isNamed, nameOf);
  return (node) => {
    const formula = spoken(node);
    return formula && textOf(formula);
  };
}

const at = (formula: Formula, time: string): Formula =>
  formula.kind === "name" && formula.time === undefined
    ? { ...formula, time }
    : { kind: "rows", x: formula, indices: named(time) };
