/**
 * Selects the parts of `src/runtime/` that a module needs: the declarations that it uses, and all
 * declarations that those depend on, in the order of the chapters. Optional members of types, and the code
 * that does nothing without them, are removed if nothing else mentions them.
 */
import type { ChapterName } from "../../../runtime/chapters.ts";
import { invariant } from "../../diagnostics/errors.ts";
import type { RuntimeName } from "../../runtime-references.ts";

export interface Declaration {
  readonly name: string;
  readonly chapter: ChapterName;
  /** The formatted source. Only public declarations have `export`. */
  readonly text: string;
  /** The free names of the declaration. Like `mentions`, this list excludes optional members and code. */
  readonly names: readonly string[];
  /** All names of members and all strings in the declaration. */
  readonly mentions: readonly string[];
  /** The optional members of types, and their code, in order; outer parts are before inner ones. */
  readonly optional: readonly OptionalMember[];
}

/**
 * An optional member of a type, or code that does nothing without the member of this name: its range in the
 * text of the declaration, with comments, and the names that occur only in it.
 */
export interface OptionalMember {
  readonly name: string;
  readonly isCode: boolean;
  readonly from: number;
  readonly to: number;
  readonly names: readonly string[];
  readonly mentions: readonly string[];
}

/** The declarations of the runtime by name, in reading order. */
export type RuntimeParts = ReadonlyMap<string, Declaration>;

const mark = " of windows";

/** The name in `RuntimeParts` of a declaration that replaces `name` in some modules. It is not an identifier. */
export const alternativeName = (name: string): string => name + mark;

/** Returns the parts, in which the declarations for windows replace those with the same name. */
export const withWindows = (parts: RuntimeParts): RuntimeParts =>
  new Map(
    [...parts]
      .filter(([name]) => !name.endsWith(mark))
      .map(([name, part]) => [name, parts.get(alternativeName(name)) ?? part]),
  );

/** The types and error classes that users of emitted modules may name in their code. */
export const publicNames: ReadonlySet<string> = new Set<RuntimeName>([
  "Trainer",
  "Batch",
  "FitOptions",
  "EpochReport",
  "History",
  "Summary",
  "ModelFacts",
  "EarlyStopping",
  "Backend",
  "TrainerOptions",
  "Predictor",
  "RowPredictor",
  "ByTarget",
  "ProbingTrainer",
  "Probe",
  "LayerProbe",
  "ParameterProbe",
  "IdleUnits",
  "Distribution",
  "StepReport",
  "PausingTrainer",
  "InputError",
  "TrainingDiverged",
  "KernelsDiffer",
]);

/**
 * Every name that the runtime declares or reads, including globals. If a module declared one of these names
 * again, it would change the meaning of the runtime's code.
 */
export const runtimeNames = (parts: RuntimeParts): Set<string> =>
  new Set(
    [...parts.values()].flatMap(({ name, names, optional }) => [
      name,
      ...names,
      ...optional.flatMap((member) => member.names),
    ]),
  );

/** A declaration in the form in which a module contains it. */
export interface RuntimePart {
  readonly name: string;
  readonly chapter: ChapterName;
  readonly text: string;
  /** Whether code or all members were removed, so that the text must be formatted again. */
  readonly isCut: boolean;
}

/**
 * The declarations that `roots` need. `mentioned` are the identifiers and strings in the module's own text.
 * An optional member or code is kept if its name is in `mentioned` or in any of the selected parts. A module that
 * does not have all facts, such as a check, keeps all code.
 */
export function collectParts(
  parts: RuntimeParts,
  roots: Iterable<RuntimeName>,
  mentioned: Iterable<string> = [],
  hasAllFacts = true,
): RuntimePart[] {
  const needed = new Set<Declaration>();
  const words = new Set(mentioned);
  const kept = new Set<OptionalMember>();
  const take = (name: string): void => {
    const part = parts.get(name);
    if (part === undefined || needed.has(part)) return;
    needed.add(part);
    for (const word of part.mentions) words.add(word);
    part.names.forEach(take);
  };
  for (const root of roots) {
    invariant(parts.has(root), `the runtime declares no ${root}`);
    take(root);
  }
  // A retained member may mention others, so the selection is repeated until nothing changes.
  for (let size = -1; size !== kept.size;) {
    size = kept.size;
    for (const member of [...needed].flatMap(({ optional }) => optional)) {
      const isNeeded = words.has(member.name) || (member.isCode && !hasAllFacts);
      if (kept.has(member) || !isNeeded) continue;
      words.add(member.name);
      kept.add(member);
      for (const word of member.mentions) words.add(word);
      member.names.forEach(take);
    }
  }
  return [...parts.values()]
    .filter((part) => needed.has(part))
    .map(({ name, chapter, text, optional }) => {
      const removed = optional.filter((member) => !kept.has(member));
      const rest = without(text, removed);
      return {
        name,
        chapter,
        text: rest,
        isCut: removed.some(({ isCode }) => isCode) || rest.endsWith("{\n}"),
      };
    });
}

/** The text without these ranges. A range inside another one is removed with it. */
function without(text: string, ranges: readonly OptionalMember[]): string {
  let result = "";
  let at = 0;
  for (const { from, to } of ranges) {
    if (from < at) continue;
    result += text.slice(at, from);
    at = to;
  }
  return result + text.slice(at);
}
