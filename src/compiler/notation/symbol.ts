/** Names of values in formulas: the display name of each value, and its mathematical symbol. */
import type { Graph, Node } from "../ir/nodes.ts";
import { recurrencesOf, stepGraph, stepsOf } from "../ir/recurrence.ts";
import { nextToSign, named } from "./formula.ts";
import type { Formula, Name } from "./formula.ts";
import { nodeFormula } from "./node-formula.ts";
import { codeName } from "./text.ts";

// The mathematical symbols of values. `dense1.weight` is W with the layer as subscript, the output of
// `dense1` is h, its sum before the activation is z, and d_x is ∂L/∂x. Any other value is shown by its name,
// so that it can be found in the code.

export type Symbol =
  | { readonly kind: "letter"; readonly letter: string }
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "subscript"; readonly base: Symbol; readonly below: readonly string[] }
  /** ∂L/∂x. `part` is set if it is one of several terms of the derivative. */
  | { readonly kind: "derivative"; readonly of: Symbol; readonly part: string | undefined };

/** Symbols for the parameters of a layer, and for its sum before the activation. */
const letters: Readonly<Record<string, string>> = {
  weight: "W",
  bias: "b",
  recurrent: "U",
  scale: "γ",
  shift: "β",
  sum: "z",
};

/** Symbols of layers with several weights and biases. The subscript states the purpose of each. */
const lettersWithUse: Readonly<Record<string, readonly [letter: string, below: string]>> = {
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

/** Parses names of derivatives: dz is ∂L/∂z, d_name is ∂L/∂name, d_name_part is a term of ∂L/∂name. */
function derivativeOf(name: string): { readonly of: string; readonly part: string | undefined } | undefined {
  const derivative = /^d(?:_|(?=[a-z]$))(.+?)(?:_part(?:_(\d+))?)?$/.exec(name);
  if (derivative === null) return undefined;
  const [, of, number] = derivative;
  return { of, part: name.endsWith(of) ? undefined : (number ?? "1") };
}

/** The name as text: ∂L/∂dense1 for a derivative, any other name as in the code. */
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
  // Values in the formula of a derivative are not the layer's own values.
  const within = /^([a-z]+)_in_d_(.+)$/i.exec(name);
  if (within !== null) return subscripted(word(within[1]), [`∂${within[2]}`, ...below]);
  if (name === "loss") return subscripted({ kind: "letter", letter: "L" }, below);
  const again = /^(.+)_again$/.exec(name);
  if (again !== null)
    return subscripted(symbolOf({ kind: "name", name: again[1], layer }), ["again", ...below]);
  if (layer !== undefined) {
    if (name === layer) return subscripted({ kind: "letter", letter: "h" }, [layer, ...below]);
    if (name.startsWith(`${layer}.`)) return parameterSymbol(layer, name.slice(layer.length + 1), below);
    if (name.startsWith(`${layer}_`)) return partSymbol(layer, name.slice(layer.length + 1), time);
  }
  const numbered = /^(.+)_(\d+)$/.exec(name);
  if (numbered !== null) {
    const [, base, number] = numbered;
    const symbol = symbolOf({ kind: "name", name: base, layer });
    return subscripted(symbol, [`(${number})`, ...below]);
  }
  const dot = name.lastIndexOf(".");
  if (dot > 0) return parameterSymbol(name.slice(0, dot), name.slice(dot + 1), below);
  return subscripted(word(name), below);
}

/** The symbol of a value inside a layer. `role` is its name without that of the layer, such as `sum` or `sum_2`. */
function partSymbol(layer: string, role: string, time: string | undefined): Symbol {
  const below = time === undefined ? [] : [time];
  const [, base = role, number] = /^(?:(.+)_)?(\d+)$/.exec(role) ?? [];
  const numbered = number === undefined ? [layer, ...below] : [layer, `(${number})`, ...below];
  if (base === number) return subscripted({ kind: "letter", letter: "h" }, numbered);
  // H is the matrix of a recurrent layer's states at all steps; h is the layer's output.
  if (base === "h" && time === undefined) return subscripted({ kind: "letter", letter: "H" }, numbered);
  return subscripted(letterOf(base), numbered);
}

/** Whether the symbol is a word, possibly with subscripts. Two adjacent words would look like one name. */
const isWord = (symbol: Symbol): boolean =>
  symbol.kind === "word" || (symbol.kind === "subscript" && isWord(symbol.base));

/** Whether a product needs a visible operator, because adjacent numbers or words would look like one. */
export function needsDot({ sign, x, y }: Extract<Formula, { readonly kind: "infix" }>): boolean {
  if (sign !== "scale" && sign !== "matrix") return false;
  const [left, right] = [nextToSign(x, 0), nextToSign(y, 1)];
  const isLong = (part: Formula): boolean => part.kind === "name" && isWord(symbolOf(part));
  return right.kind === "number" || isLong(left) || isLong(right);
}

const word = (name: string): Symbol =>
  name.length === 1 ? { kind: "letter", letter: name } : { kind: "word", word: name };

const letterOf = (role: string): Symbol =>
  Object.hasOwn(letters, role) ? { kind: "letter", letter: letters[role] } : word(role);

function parameterSymbol(layer: string, role: string, below: readonly string[]): Symbol {
  if (!Object.hasOwn(lettersWithUse, role)) return subscripted(letterOf(role), [layer, ...below]);
  const [letter, use] = lettersWithUse[role];
  return subscripted({ kind: "letter", letter }, [use, layer, ...below]);
}

/** Adds subscripts to those that the symbol already has. */
function subscripted(base: Symbol, below: readonly string[]): Symbol {
  if (below.length === 0) return base;
  if (base.kind === "subscript") return { ...base, below: [...base.below, ...below] };
  return { kind: "subscript", base, below };
}

// Display names of values. In the step of a recurrence, sequences and stacked values have the index of the
// step, carried values have that of the previous step, and whole operands have no index:
// h[t] = tanh(x[t] + h[t − 1] · w).

type NameOf = (node: Node) => string | undefined;

/** The formula to show for each node with a display name. Other nodes are expanded where they are used. */
export function displayFormulas(
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
  const display = (node: Node): Formula | undefined => {
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
        const whole = () => display(given[name]) ?? nodeFormula(given[name], display);
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
  return display;
}

/** The layer to which a value of this name belongs, such as dense1 for the derivative `d_dense1`. */
function layerOf(name: string, layers: ReadonlySet<string>): string | undefined {
  const value = name.replace(/^d_/, "");
  for (let end = value.length; end > 0; end = value.lastIndexOf("_", end - 1))
    if (layers.has(value.slice(0, end))) return value.slice(0, end);
  return undefined;
}

const at = (formula: Formula, time: string): Formula =>
  formula.kind === "name" && formula.time === undefined
    ? { ...formula, time }
    : { kind: "rows", x: formula, indices: named(time) };
