// Derives broken specs from valid ones: from their trees (keys, values, structure, depth) and from their
// texts (tokens, lines, characters, anchors, bytes). Every choice comes from the random generator, so a seed
// and a number reproduce a spec.
import { stringify } from "yaml";

/** Returns numbers in [0, 1). */
export type Random = () => number;

/** The generator mulberry32. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let z = Math.imul(state ^ (state >>> 15), state | 1);
    z ^= z + Math.imul(z ^ (z >>> 7), z | 61);
    return ((z ^ (z >>> 14)) >>> 0) / 2 ** 32;
  };
}

export const below = (random: Random, count: number): number => Math.floor(random() * count);
export const pick = <T>(random: Random, list: readonly T[]): T => list[below(random, list.length)];

/**
 * A word in injected code. Mutations insert it with characters around it that a name in a spec cannot
 * contain, so no identifier of an emitted file may contain the word.
 */
export const canary = "pwned";

const texts = [
  "",
  " ",
  `${canary}()`,
  `a";${canary}();//`,
  `*/ ${canary}() /*`,
  `\${${canary}()}`,
  `\`;${canary}();\``,
  `x\n${canary}()`,
  `\u2028${canary}()`,
  `</script><script>${canary}()</script>`,
  `x + ${canary}(x)`,
  `[${canary}]`,
  "\u001b[31mred\u001b]0;title\u0007",
  "\u0000",
  "\u0085\u009b31m",
  "\u202e\u2066\ufeff",
  "\ud800",
  "é".repeat(70),
  "a".repeat(5000),
  "(".repeat(3000),
  "-".repeat(3000) + "x",
  "x".concat(" + x".repeat(2000)),
];

const names = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "then",
  "length",
  "JSON",
  "Math",
  "Array",
  "default",
  "class",
  "eval",
  "arguments",
  "await",
  "undefined",
  "NaN",
  "type",
  "dense",
  "adam",
  "mse",
  "relu",
  "x",
  "loss",
  "name",
  "formula",
  "build",
  "input",
  "dense1",
  "step",
];

const numbers = [
  0,
  -0,
  -1,
  1,
  2,
  0.5,
  1e-320,
  2 ** 31,
  2 ** 32,
  2 ** 53,
  2 ** 53 + 2,
  1e21,
  1e300,
  Number.MAX_VALUE,
  -Number.MAX_VALUE,
  5e-324,
  3,
  7,
  33,
  100,
  5000,
  65536,
  1e6,
  1e9,
];

const words = [true, false, null];

/** Values that no text can represent. They are passed to the library. */
const foreign: readonly ((random: Random) => unknown)[] = [
  () => NaN,
  () => -Infinity,
  () => undefined,
  () => 12n,
  () => Symbol(canary),
  () => () => canary,
  () => {
    throw new Error(canary);
  },
  () => new Date(0),
  () => new Map([["type", "dense"]]),
  () => new Float64Array(3),
  () => new Array<unknown>(2 ** 32 - 1),
  () => Object.create({ type: "dense", units: 3 }),
  () => new Proxy({}, { ownKeys: () => [canary, canary] }),
  () => {
    const { proxy, revoke } = Proxy.revocable({}, {});
    revoke();
    return proxy;
  },
  () => ({
    get type(): string {
      throw new Error(canary);
    },
  }),
  () => Object.assign([1, 2], { extra: canary }),
  () => {
    const itself: Record<string, unknown> = { type: "residual" };
    itself.layers = [itself];
    return itself;
  },
  () => ({ [Symbol.iterator]: () => canary, [Symbol.toPrimitive]: () => canary, toJSON: () => canary }),
];

function leaf(random: Random, isText: boolean): unknown {
  const kind = below(random, isText ? 4 : 5);
  if (kind === 0) return pick(random, texts);
  if (kind === 1) return pick(random, names);
  if (kind === 2) return pick(random, numbers);
  if (kind === 3) return pick(random, words);
  // A function that throws can also be used as a value: an error occurs when the compiler calls it.
  const make = pick(random, foreign);
  return make === foreign[6] ? make : make(random);
}

interface Slot {
  readonly owner: Record<string, unknown> | unknown[];
  readonly key: string | number;
}

/** The objects and lists that mutations can change. A value may contain itself, so the depth is limited. */
function slotsOf(value: unknown, found: Slot[] = [], depth = 0): Slot[] {
  if (depth > deepest) return found;
  const add = (owner: Slot["owner"], key: string | number) => {
    found.push({ owner, key });
    slotsOf(read({ owner, key }), found, depth + 1);
  };
  if (isList(value)) value.forEach((_, key) => add(value, key));
  else if (isRecord(value)) for (const key of Object.keys(value)) add(value, key);
  return found;
}

const deepest = 500;

/** Returns the result of the query, or false if a proxy throws. */
const answers = (ask: () => boolean): boolean => {
  try {
    return ask();
  } catch {
    return false;
  }
};

/**
 * Whether the value is a list that mutations can change. They cannot change a sparse list of four billion
 * elements.
 */
const isList = (value: unknown): value is unknown[] =>
  answers(() => Array.isArray(value) && value.length < 10_000);

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" &&
  value !== null &&
  answers(() => Object.getPrototypeOf(value) === Object.prototype && Object.keys(value).length >= 0);

const read = ({ owner, key }: Slot): unknown => Object.getOwnPropertyDescriptor(owner, key)?.value;

function write({ owner, key }: Slot, value: unknown): void {
  Object.defineProperty(owner, key, { value, enumerable: true, writable: true, configurable: true });
}

type TreeMutation = (slot: Slot, random: Random, isText: boolean, donor: Slot) => void;

const treeMutations: readonly TreeMutation[] = [
  (slot, random, isText) => write(slot, leaf(random, isText)),
  (slot, random, isText) => write(slot, leaf(random, isText)),
  (slot, random) => {
    const value = read(slot);
    if (typeof value === "number")
      write(slot, pick(random, [-value, value + 0.5, value * 1e9, value * 2, 0, 1]));
    else write(slot, pick(random, numbers));
  },
  ({ owner, key }) => {
    if (Array.isArray(owner)) owner.splice(Number(key), 1);
    else delete owner[key];
  },
  (slot) => write(slot, [read(slot)]),
  (slot) => write(slot, { type: read(slot) }),
  (slot, random) => {
    let value = read(slot);
    for (let depth = pick(random, [2, 40, 99, 101, 400]); depth > 0; depth--)
      value = pick(random, [[value], { layers: value }]);
    write(slot, value);
  },
  (slot, _random, _isText, donor) => write(slot, copyOf(read(donor))),
  ({ owner, key }, random, isText) => {
    if (Array.isArray(owner)) return void owner.splice(Number(key), 0, leaf(random, isText));
    const value = read({ owner, key });
    if (random() < 0.5) delete owner[key];
    write({ owner, key: pick(random, [...names, ...texts, `${key}s`]) }, value);
  },
  ({ owner, key }, random, isText) => {
    if (Array.isArray(owner))
      owner.push(...Array.from({ length: pick(random, [2, 30, 300]) }, () => owner[Number(key)]));
    else write({ owner, key: pick(random, names) }, leaf(random, isText));
  },
  (slot, random) => {
    const value = read(slot);
    if (typeof value !== "string") return write(slot, pick(random, texts));
    const at = below(random, value.length + 1);
    write(slot, value.slice(0, at) + pick(random, texts) + value.slice(at + below(random, 2)));
  },
];

/** A deep copy. Values that are not plain data are shared with the original. */
function copyOf(value: unknown, depth = 0): unknown {
  if (depth > deepest) return value;
  if (isList(value)) return value.map((item) => copyOf(item, depth + 1));
  if (!isRecord(value)) return value;
  return Object.fromEntries(
    Object.keys(value).map((key) => [key, copyOf(read({ owner: value, key }), depth + 1)]),
  );
}

/** A copy of `good` with one to three errors; parts may come from `others`. */
export function mutatedTree(
  good: unknown,
  others: readonly unknown[],
  random: Random,
  isText: boolean,
): unknown {
  const root = { spec: copyOf(good) };
  for (let count = 1 + below(random, 3); count > 0; count--) {
    const slots = slotsOf(root);
    const slot =
      random() < 0.01 ? slots[0] : pick(random, slots.slice(1).length > 0 ? slots.slice(1) : slots);
    pick(random, treeMutations)(slot, random, isText, pick(random, slotsOf([pick(random, others)])));
    if (slotsOf(root).length === 0) break;
  }
  return root.spec;
}

export const asYaml = (value: unknown): string => stringify(value, { aliasDuplicateObjects: false });

const fragments = [
  "&a ",
  "*a",
  "&a [*a]",
  "<<: *a",
  "!!js/function 'x'",
  "!!binary aGk=",
  "!<!x> ",
  "%TAG ! tag:x,2000:\n---\n",

  "---\n",
  "...\n",
  "? ",
  "|-\n",
  ">+2\n",
  "|-\u001b[31m",
  "\t",
  "@",
  "`",
  "{",
  "}",
  "[",
  "]",
  "[[[[",
  ":",
  ",",
  "'",
  '"',

  "//",
  "/*",
  "#",
  "\\u12",
  "\\x1b",
  "\\",
  "\u0000",
  "\u001b[2J",
  "\u0007",
  "\ufeff",
  "\u2028",
  "\r",
  "\n",
  "0x10",
  "1e999",
  "-",
  "+1",
  ".5",

  "NaN",
  "undefined",
  `${canary}()`,
  "\u009b",
  "\u202e",
  "\ud83d",
  "...",
  "=>",
  "as any",
  "await 0;",
  "export default",
  "import 'x';",
];

type TextMutation = (text: string, random: Random) => string;

const cutAt = (text: string, random: Random): [string, string] => {
  const at = below(random, text.length + 1);
  return [text.slice(0, at), text.slice(at)];
};

const withTokens = (change: (tokens: string[], random: Random) => void): TextMutation => {
  return (text, random) => {
    const tokens = text.match(/"(?:[^"\\\n]|\\.)*"|[\w.$-]+|\s+|[^]/g) ?? [];
    change(tokens, random);
    return tokens.join("");
  };
};

const textMutations: readonly TextMutation[] = [
  withTokens((tokens, random) => void tokens.splice(below(random, tokens.length), 1)),
  withTokens(
    (tokens, random) => void tokens.splice(below(random, tokens.length), 0, pick(random, tokens) ?? ""),
  ),
  withTokens((tokens, random) => {
    const [a, b] = [below(random, tokens.length), below(random, tokens.length)];
    [tokens[a], tokens[b]] = [tokens[b] ?? "", tokens[a] ?? ""];
  }),
  withTokens((tokens, random) => void (tokens[below(random, tokens.length)] = pick(random, fragments))),
  (text, random) => cutAt(text, random).join(pick(random, fragments)),
  (text, random) =>
    cutAt(text, random).join(String.fromCharCode(below(random, random() < 0.8 ? 256 : 65536))),
  (text, random) => cutAt(text, random)[0],
  (text, random) => {
    const lines = text.split("\n");
    const at = below(random, lines.length);
    lines.splice(at, random() < 0.5 ? 1 : 0, pick(random, ["", "  "]) + pick(random, lines));
    return lines.join("\n");
  },
  (text, random) => text.replaceAll("\n", pick(random, ["\r", "\r\n", "\u2028", " "])),
  (text, random) =>
    cutAt(text, random).join(
      pick(random, ["[", "{", "- ", "(", '{"a":', "? ", "!x "]).repeat(pick(random, [3, 101, 20_000])),
    ),
];

/** `text` with one to three errors. */
export function mutatedText(text: string, random: Random): string {
  let mutated = text;
  for (let count = 1 + below(random, 3); count > 0; count--)
    mutated = pick(random, textMutations)(mutated, random);
  return mutated;
}

/** Flips a few bits. The result is rarely valid UTF-8. */
export function mutatedBytes(text: string, random: Random): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  for (let count = 1 + below(random, 3); count > 0 && bytes.length > 0; count--)
    bytes[below(random, bytes.length)] ^= 1 << below(random, 8);
  return bytes;
}
