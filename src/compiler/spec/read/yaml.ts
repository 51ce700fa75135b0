// YAML 1.2 (core schema) with the location of every value, read by the `yaml` package. Duplicate keys are
// errors, merge keys and custom tags are rejected, and aliases cannot expand a small text to a large tree.
import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type ParsedNode,
  type YAMLError,
} from "yaml";
import type { TextError, Located, ReadTree, Span } from "./locations.ts";
import { deepest, mostValues } from "../raw-spec.ts";
import { givenTwice } from "./json.ts";

const mostAliases = 100;

// For each level, the package compiles a regular expression that is as long as the indentation. For some
// thousands of columns, V8 aborts the process, which no code can catch. Therefore, indentation of more than
// four columns per level is rejected first. The marks of lists and keys count as indentation.
const tooDeep = new RegExp(`^[ \\t:?-]{${4 * deepest},}`, "m");

/** The characters that separate values. A text has at most one more value than separators. */
const separator = /[,:\n\r[{]/g;

/** Reads one YAML document. */
export function readYaml(text: string): ReadTree {
  try {
    return read(text);
  } catch (error) {
    // The package recurses into nested values. Deep nesting can exhaust the stack, which V8 reports as a
    // RangeError.
    if (!(error instanceof RangeError)) throw error;
    return { value: undefined, errors: [nestedTooDeep(0)] };
  }
}

function read(text: string): ReadTree {
  const deep = tooDeep.exec(text);
  if (deep) return { value: undefined, errors: [nestedTooDeep(deep.index)] };
  if ((text.match(separator)?.length ?? 0) > 2 * mostValues) return { value: undefined, errors: [tooLarge] };
  const document = parseDocument(text, {
    version: "1.2",
    schema: "core",
    merge: false,
    uniqueKeys: false,
    prettyErrors: false,
    stringKeys: true,
  });
  const errors: TextError[] = [...document.errors, ...document.warnings].map((error) => ({
    code: "T1005",
    ...wordsOf(error),
    span: { start: error.pos[0], end: Math.max(error.pos[1], error.pos[0] + 1) },
  }));
  if (errors.length > 0) return { value: undefined, errors };
  if (document.contents === null) return { value: undefined, errors: [nothingInside] };
  const located = locate(document.contents, text.length, errors);
  return { ...plain(document, errors, located), located, errors };
}

/** The plain values. Excessive expansion of aliases is an error. */
function plain(document: Document, errors: TextError[], whole: Span): { value: unknown } {
  try {
    return { value: document.toJS({ maxAliasCount: mostAliases }) };
  } catch (error) {
    const message =
      error instanceof ReferenceError && /alias count/i.test(error.message)
        ? `the aliases expand to more than ${mostAliases} copies, which is the limit`
        : `the aliases cannot be resolved: ${error instanceof Error ? firstSentence(error.message) : "unknown reason"}`;
    errors.push({ code: "T1006", message, span: { start: whole.start, end: whole.start + 1 } });
    return { value: undefined };
  }
}

/** The locations of a node and its members. Collects duplicate keys. An alias has no members. */
function locate(node: ParsedNode | null, fallback: number, errors: TextError[], key?: Span): Located {
  if (node === null) return { start: fallback, end: fallback + 1, key, members: new Map() };
  const span = { start: node.range[0], end: node.range[1] };
  const members = new Map<string | number, Located>();
  if (isSeq(node) && !isAlias(node)) {
    node.items.forEach((item, index) => members.set(index, locate(item, span.start, errors)));
  } else if (isMap(node) && !isAlias(node)) {
    for (const pair of node.items) {
      if (!isScalar(pair.key)) continue;
      const name = String(pair.key.value);
      const keySpan = { start: pair.key.range[0], end: pair.key.range[1] };
      const before = members.get(name)?.key;
      if (before) errors.push(givenTwice(name, keySpan, before));
      members.set(name, locate(pair.value, keySpan.start, errors, keySpan));
    }
  }
  return { ...span, key, members };
}

const nothingInside: TextError = {
  code: "T1003",
  message: "the file contains no spec",
  hint: "write one object; docs/getting-started.md has an example",
  span: { start: 0, end: 1 },
};

const tooLarge: TextError = {
  code: "T1006",
  message: `the spec has more than ${mostValues} values, which is the limit`,
  span: { start: 0, end: 1 },
};

const nestedTooDeep = (start: number): TextError => ({
  code: "T1006",
  message: `the spec is nested deeper than ${deepest} levels`,
  span: { start, end: start + 1 },
});

/** The package's message. A message that refers to the API of the package is replaced. */
function wordsOf({ code, message }: YAMLError): { message: string; hint?: string } {
  if (code !== "MULTIPLE_DOCS") return { message: firstSentence(message) };
  return {
    message: "the file contains more than one YAML document, but a spec must be a single document",
    hint: "remove the text after the line ---, or move it to another file",
  };
}

const firstSentence = (message: string): string => message.split("\n")[0].replace(/[.:]$/, "");
