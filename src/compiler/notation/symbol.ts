/**
 * Names of values as mathematics writes them: dense1.weight is W with its layer below, what `dense1` makes is
 * h, the sum before its activation z, and d_x is ∂L/∂x. What has no letter of its own stays the word that it
 * is, so that it can be found in the code.
 */
import { codeName } from "./text.ts";
import { besideSign } from "./formula.ts";
import type { Formula, Name } from "./formula.ts";

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
