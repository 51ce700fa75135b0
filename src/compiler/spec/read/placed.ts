// Where each value of a spec stands in its text: a tree beside the tree of values, with the same keys. The
// three readers (JSON, YAML, TypeScript) each make one, so that everything after them speaks of paths and
// never of formats.
import type { SpecPath } from "../../diagnostics/diagnostic.ts";

/** Offsets in the text, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** The span of a value, of the key it stands under (if any), and of what is inside it. */
export interface Placed extends Span {
  readonly key?: Span;
  readonly members: ReadonlyMap<string | number, Placed>;
}

/** A value that was read, with its places and what was wrong on the way. A tree without `placed` could not be read. */
export interface ReadTree {
  readonly value: unknown;
  readonly placed?: Placed;
  readonly faults: readonly Fault[];
}

/** Something wrong with the text itself. `other` is a second place that the message speaks of ("given before"). */
export interface Fault {
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly hint?: string;
  readonly other?: Span;
}

/** The node at the path; if the path leaves the tree (a missing key), the deepest node on the way. */
export function nodeAt(root: Placed, path: SpecPath): { node: Placed; exact: boolean } {
  let node = root;
  for (const step of path) {
    const next = node.members.get(step);
    if (!next) return { node, exact: false };
    node = next;
  }
  return { node, exact: true };
}
