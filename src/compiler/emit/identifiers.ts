/**
 * Identifiers of emitted code. Inside the compiler, names carry marks (`sum#3~1`, `pixels@i$2`) that keep them apart;
 * here they become what a person would write, unique where they are seen.
 */
import { outputStorage, storageParts } from "../ir/storage.ts";
import { isOverBatch } from "../loop/accesses.ts";
import type { Kernel, Statement } from "../loop/types.ts";

/** Words of JavaScript and TypeScript, also those that are words in some places only. */
const languageWords =
  "abstract arguments as async await boolean break case catch class const continue debugger declare default " +
  "delete do else enum " +
  "eval export extends false finally for from function get if implements import in instanceof interface let " +
  "module new null number " +
  "object of package private protected public return set static string super switch symbol this throw true " +
  "try type typeof " +
  "undefined unknown any never var void while with yield globalThis";

/**
 * Names that the emitter's own lines read: globals, the views of the arena, the number of rows. Those that
 * the runtime's parts read are found by their syntax (`runtimeNames`).
 */
const emitterWords =
  "Math Object Array Number String Boolean Error Map Set Symbol Float32Array Float64Array Int32Array " +
  "Uint8Array ArrayBuffer DataView " +
  "Infinity NaN console process name length n f integers doubles";

const reserved = new Set(`${languageWords} ${emitterWords}`.split(" "));

/** Only letters, digits and underscores come out, whatever comes in: nothing in a spec can become code. */
const cleaned = (text: string): string => {
  const clean = text.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`;
};

export type Identify = (wish: string) => string;

/** Hands out identifiers that differ from one another and from `taken`. */
export function identifierMaker(taken: Iterable<string>): Identify {
  const used = new Set([...reserved, ...taken]);
  return (wish) => {
    const base = cleaned(wish);
    let name = base;
    for (let k = 2; used.has(name); k++) name = `${base}_${k}`;
    used.add(name);
    return name;
  };
}

/** The module's name for a place of storage: `gradient:dense1.weight` is d_dense1_weight, `result:loss` is loss. */
export function storageWish(name: string): string {
  if (name === outputStorage) return "prediction";
  const { space, name: rest } = storageParts(name);
  if (space === "gradient") return `d_${rest}`;
  return space === "result" || space === "flat" || space === undefined ? rest : `${space}_${rest}`;
}

const outputLetters = ["i", "j", "l", "m", "o", "p", "q"];
const reductionLetters = ["k", "l", "m", "o", "p", "q"];

/**
 * The name of each loop: `row` over the batch, i and j over results, k over what is summed, t along time. A
 * loop must not hide a name of the module: the body may read both.
 */
function nameLoops(
  statements: readonly Statement[],
  depth: number,
  names: Map<string, string>,
  open: readonly string[],
  moduleNames: ReadonlySet<string>,
): void {
  const isFree = (name: string): boolean => !open.includes(name) && !moduleNames.has(name);
  for (const statement of statements) {
    if (statement.kind !== "for") continue;
    const letters =
      statement.role === "reduction" ? reductionLetters : outputLetters.slice(Math.min(depth, 1));
    const along = statement.variable.split("#")[0];
    const wishes = isOverBatch(statement)
      ? ["row", "row2", "row3"]
      : statement.role === "sequential"
        ? [along, `${along}2`, `${along}3`]
        : letters;
    // A loop that stands twice, for whole blocks and for what remains, keeps its letter: it may be less deep there.
    const before = names.get(statement.variable);
    let name = before !== undefined && isFree(before) ? before : wishes.find(isFree);
    for (let k = depth; name === undefined; k++) if (isFree(`i${k}`)) name = `i${k}`;
    names.set(statement.variable, name);
    nameLoops(statement.body, depth + 1, names, [...open, name], moduleNames);
  }
}

/** `sum#3~1~0` is the copy for output 0, 1; the digits behind say which of a block it is. */
function localWish(
  name: string,
  loops: ReadonlyMap<string, string>,
  nameOfBuffer: (buffer: string) => string,
): string {
  const [, base, loop, copies] = /^([^#$@~]+)[^@~]*(?:@([^$~]+))?[^~]*((?:~\d+)*)/.exec(name) ?? [name, name];
  const digits = (copies ?? "")
    .split("~")
    .filter((c) => c !== "")
    .reverse()
    .join("");
  const letter = loop === undefined ? "" : `_${loops.get(loop) ?? "at"}`;
  const wish = `${cleaned(storageWish(nameOfBuffer(base)))}${letter}`;
  return digits !== "" && /\d$/.test(wish) ? `${wish}_${digits}` : `${wish}${digits}`;
}

/** The locals that a block defines itself, those of inner loops aside. */
const definedIn = (block: readonly Statement[]): string[] =>
  block.flatMap((s) => (s.kind === "let" ? [s.name] : []));

/**
 * Names for all loops and locals of a kernel. Loops that do not nest may share letters, and blocks that do not nest may
 * share names; a name that a block wishes more than once gets numbers from 0.
 */
export function nameLocals(
  kernel: Kernel,
  moduleNames: ReadonlySet<string>,
  nameOfBuffer: (buffer: string) => string,
): Map<string, string> {
  const names = new Map<string, string>();
  nameLoops(kernel.body, 0, names, [], moduleNames);
  const loops = new Map(names);
  const nameBlock = (block: readonly Statement[], outer: ReadonlySet<string>): void => {
    const own = definedIn(block);
    const wishes = own.map((name) => localWish(name, loops, nameOfBuffer));
    const taken = new Set(outer);
    own.forEach((name, i) => {
      const wish = wishes[i];
      const repeats = wishes.filter((other) => other === wish).length > 1;
      let result = repeats ? numbered(wish, 0) : wish;
      for (let k = 1; taken.has(result) || reserved.has(result); k++)
        result = !repeats && k === 1 ? `${wish}_value` : numbered(wish, k);
      taken.add(result);
      names.set(name, result);
    });
    for (const statement of block) if (statement.kind === "for") nameBlock(statement.body, taken);
  };
  nameBlock(kernel.body, new Set([...moduleNames, ...loops.values()]));
  return names;
}

const numbered = (wish: string, k: number): string => (/\d$/.test(wish) ? `${wish}_${k}` : `${wish}${k}`);
