/**
 * Makes the identifiers of emitted code. Names inside the compiler contain marks that make them unique, such
 * as `sum#3~1` and `pixels@i$2`. This file converts them to names that a person could have written and that
 * are unique in their scope.
 */
import { storageLabel } from "../ir/storage.ts";
import { visit } from "../loop/expressions.ts";
import type { Expression } from "../loop/expressions.ts";
import { visitStatements } from "../loop/statements.ts";
import { isOverBatch } from "../loop/accesses.ts";
import { buffersOf } from "../loop/skeleton.ts";
import type { Kernel, Statement } from "../loop/types.ts";

/** Keywords of JavaScript and TypeScript, including contextual ones. */
const languageWords =
  "abstract arguments as async await boolean break case catch class const continue debugger declare default " +
  "delete do else enum " +
  "eval export extends false finally for from function get if implements import in instanceof interface let " +
  "module new null number " +
  "object of package private protected public return set static string super switch symbol this throw true " +
  "try type typeof " +
  "undefined unknown any never var void while with yield globalThis";

/**
 * Names that the emitter's own text uses: globals, views of the arena, and the number of rows. `runtimeNames`
 * finds the names that the runtime uses.
 */
const emitterWords =
  "Math Object Array Number String Boolean Error Map Set Symbol Float32Array Float64Array Int32Array " +
  "Uint8Array ArrayBuffer DataView " +
  "Infinity NaN console process name length n f integers doubles";

const reserved = new Set(`${languageWords} ${emitterWords}`.split(" "));

/**
 * Removes all characters except letters, digits and underscores, so that text from a spec cannot become
 * code.
 */
const cleaned = (text: string): string => {
  const clean = text.replace(/[^A-Za-z0-9_]/g, "_");
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`;
};

export type Identify = (nameHint: string) => string;

/** Makes identifiers that differ from each other and from the names in `taken`. */
export function identifierMaker(taken: Iterable<string>): Identify {
  const used = new Set([...reserved, ...taken]);
  return (nameHint) => {
    const base = cleaned(nameHint);
    let name = base;
    for (let k = 2; used.has(name); k++) name = `${base}_${k}`;
    used.add(name);
    return name;
  };
}

/**
 * The name of an offset in the arena. Names of offsets begin with `at_`, and names of values do not:
 * `at_dense1` is the offset of a tensor, and `dense1` is one of its elements.
 */
export const offsetName = (tensor: string): string => `at_${tensor}`;

const outputLetters = ["i", "j", "l", "m", "o", "p", "q"];
const reductionLetters = ["k", "l", "m", "o", "p", "q"];

/**
 * Names the loops: `row` over the batch, i and j over results, k over summed axes, t along time. The name of
 * a loop must not shadow a name of the module.
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
    const hints = isOverBatch(statement)
      ? ["row", "row2", "row3"]
      : statement.role === "sequential"
        ? [along, `${along}2`, `${along}3`]
        : letters;
    // The loop over whole blocks and the loop over the remainder use the same variable, so they get the same
    // name.
    const before = names.get(statement.variable);
    let name = before !== undefined && isFree(before) ? before : hints.find(isFree);
    for (let k = depth; name === undefined; k++) if (isFree(`i${k}`)) name = `i${k}`;
    names.set(statement.variable, name);
    nameLoops(statement.body, depth + 1, names, [...open, name], moduleNames);
  }
}

/**
 * The name hint for a local. A local such as `sum#3~1~0` is the copy for output (0, 1) of a block; its name
 * ends in 01.
 */
function hintOf(
  name: string,
  loops: ReadonlyMap<string, string>,
  nameOfBuffer: (buffer: string) => string,
  isOffset: boolean,
): string {
  const [, base, loop, copies] = /^([^#$@~]+)[^@~]*(?:@([^$~]+))?[^~]*((?:~\d+)*)/.exec(name) ?? [name, name];
  const digits = (copies ?? "")
    .split("~")
    .filter((c) => c !== "")
    .reverse()
    .join("");
  const letter = loop === undefined ? "" : `_${loops.get(loop) ?? "at"}`;
  const tensor = `${cleaned(storageLabel(nameOfBuffer(base)))}${letter}`;
  const hint = isOffset ? offsetName(tensor) : tensor;
  return digits !== "" && /\d$/.test(hint) ? `${hint}_${digits}` : `${hint}${digits}`;
}

/**
 * The locals that contain offsets: their values are computed from the offsets of `buffers` without loads.
 */
function offsetsIn(kernel: Kernel, buffers: ReadonlySet<string>): ReadonlySet<string> {
  const offsets = new Set<string>(buffers);
  const isOffset = (x: Expression): boolean => {
    if (x.type !== "i32" || hasLoad(x)) return false;
    let isFound = false;
    visit(x, (part) => {
      if (part.kind === "variable" && offsets.has(part.name)) isFound = true;
    });
    return isFound;
  };
  visitStatements(kernel.body, (statement) => {
    if (statement.kind === "let" && (statement.name.includes("@") || isOffset(statement.value)))
      offsets.add(statement.name);
  });
  return offsets;
}

function hasLoad(x: Expression): boolean {
  let found = false;
  visit(x, (part) => {
    if (part.kind === "load") found = true;
  });
  return found;
}

/** The locals that a block defines directly, not inside inner loops. */
const definedIn = (block: readonly Statement[]): string[] =>
  block.flatMap((s) => (s.kind === "let" ? [s.name] : []));

/**
 * Names all loops and locals of a kernel. Loops and blocks that are not nested may share names. If several
 * locals of a block have the same name hint, they are numbered from 0.
 */
export function nameLocals(
  kernel: Kernel,
  moduleNames: ReadonlySet<string>,
  nameOfBuffer: (buffer: string) => string,
): Map<string, string> {
  const names = new Map<string, string>();
  const offsets = offsetsIn(kernel, new Set(buffersOf(kernel)));
  nameLoops(kernel.body, 0, names, [], moduleNames);
  const loops = new Map(names);
  const nameBlock = (block: readonly Statement[], outer: ReadonlySet<string>): void => {
    const own = definedIn(block);
    const hints = own.map((name) => hintOf(name, loops, nameOfBuffer, offsets.has(name)));
    const taken = new Set(outer);
    own.forEach((name, i) => {
      const hint = hints[i];
      const repeats = hints.filter((other) => other === hint).length > 1;
      let result = repeats ? numbered(hint, 0) : hint;
      for (let k = 1; taken.has(result) || reserved.has(result); k++)
        result = !repeats && k === 1 ? `${hint}_value` : numbered(hint, k);
      taken.add(result);
      names.set(name, result);
    });
    for (const statement of block) if (statement.kind === "for") nameBlock(statement.body, taken);
  };
  nameBlock(kernel.body, new Set([...moduleNames, ...loops.values()]));
  return names;
}

const numbered = (nameHint: string, k: number): string =>
  /\d$/.test(nameHint) ? `${nameHint}_${k}` : `${nameHint}${k}`;
