/**
 * Names of values as mathematics writes them: dense1.weight is W with its layer below, what `dense1` makes is h, the sum before its
 * activation z, and d_x is ∂L/∂x. What has no letter of its own stays the word that it is, so that it can be found in the code.
 */
import type { Name } from "../../ops/notation/formula.ts";

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

export function symbolOf({ name, layer, time }: Name): Symbol {
  const below = time === undefined ? [] : [time];
  const derivative = /^d(?:_|(?=[a-z]$))(.+?)(?:_part(?:_(\d+))?)?$/.exec(name);
  if (derivative !== null) {
    const [, of, number] = derivative; // dz, d_name, d_name_part
    const part = name.endsWith(of) ? undefined : (number ?? "1");
    return { kind: "derivative", of: symbolOf({ kind: "name", name: of, layer, time }), part };
  }
  if (name === "loss") return subscripted({ kind: "letter", letter: "L" }, below);
  const numbered = /^(.+)_(\d+)$/.exec(name);
  if (numbered !== null) {
    const [, base, number] = numbered;
    const symbol = symbolOf({ kind: "name", name: base, layer });
    return subscripted(symbol, [`(${number})`, ...below]);
  }
  const dot = name.lastIndexOf(".");
  if (dot > 0) return subscripted(letterOf(name.slice(dot + 1)), [name.slice(0, dot), ...below]);
  if (layer !== undefined && name === layer)
    return subscripted({ kind: "letter", letter: "h" }, [layer, ...below]);
  if (layer !== undefined && name.startsWith(`${layer}_`))
    return subscripted(letterOf(name.slice(layer.length + 1)), [layer, ...below]);
  return subscripted(word(name), below);
}

const word = (name: string): Symbol =>
  name.length === 1 ? { kind: "letter", letter: name } : { kind: "word", word: name };

const letterOf = (role: string): Symbol =>
  Object.hasOwn(letters, role) ? { kind: "letter", letter: letters[role] } : word(role);

/** One list of subscripts, however many there are to be added. */
function subscripted(base: Symbol, below: readonly string[]): Symbol {
  if (below.length === 0) return base;
  if (base.kind === "subscript") return { ...base, below: [...base.below, ...below] };
  return { kind: "subscript", base, below };
}
