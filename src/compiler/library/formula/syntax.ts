/**
 * Parses the text of a formula to a tree. The parser, @lezer/lr, is driven by tables and evaluates nothing.
 * This file converts its tree to ours and describes its first error. Every part of the tree records its span
 * in the text, which later messages show.
 */
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import type { SyntaxNode, Tree } from "@lezer/common";
import { parser } from "./tables.ts";

/** Offsets in the text of a formula, `end` exclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export type Sign = "+" | "-" | "*" | "/" | "^" | "<" | "<=" | ">" | ">=" | "==" | "!=";

export type Expression = Span & {
  /** Whether the expression is written in brackets. */
  readonly isBracketed?: true;
} & (
    | { readonly kind: "number"; readonly value: number }
    | { readonly kind: "name"; readonly name: string }
    | { readonly kind: "call"; readonly name: string; readonly arguments: readonly Expression[] }
    | { readonly kind: "negate"; readonly x: Expression }
    | { readonly kind: "binary"; readonly sign: Sign; readonly x: Expression; readonly y: Expression }
    | {
        readonly kind: "choose";
        readonly condition: Expression;
        readonly x: Expression;
        readonly y: Expression;
      }
  );

/** A line of an optimizer: `name = value`. */
export interface Line extends Span {
  readonly name: string;
  readonly nameSpan: Span;
  readonly value: Expression;
}

/** An error in a formula, with its location in the text. */
export interface FormulaError {
  readonly code: DiagnosticCode;
  readonly message: string;
  readonly hint?: string;
  readonly span: Span;
}

export type Parsed<T> = { readonly tree: T } | { readonly error: FormulaError };

/**
 * Limits far above any real formula. A formula within these limits cannot exceed a limit of a later stage.
 */
export const longest = 10_000;
export const deepest = 100;
const mostParts = 2_000;

const parsers = { Formula: parser.configure({ top: "Formula" }), Line: parser.configure({ top: "Line" }) };

export const parseFormula = (text: string): Parsed<Expression> =>
  parsed(text, "Formula", (root) => expressionOf(childrenOf(root)[0], text));

export const parseLine = (text: string): Parsed<Line> =>
  parsed(text, "Line", (root) => {
    const [name, , value] = childrenOf(root);
    const nameSpan = { start: name.from, end: name.to };
    return {
      name: textOf(name, text),
      nameSpan,
      value: expressionOf(value, text),
      start: name.from,
      end: root.to,
    };
  });

function parsed<T>(text: string, top: "Formula" | "Line", read: (root: SyntaxNode) => T): Parsed<T> {
  if (text.length > longest) {
    const message = `has ${text.length} characters; the limit is ${longest}`;
    return { error: { code: "T1606", message, span: { start: 0, end: 1 } } };
  }
  const tree = treeOf(text, top);
  if (tree === undefined) return { error: tooDeepAt({ start: 0, end: 1 }) };
  const error = errorOf(tree, text, top);
  return error === undefined ? { tree: read(tree.topNode) } : { error };
}

/** Returns the parser's tree; undefined if nesting of thousands of levels exhausts the parser's stack. */
function treeOf(text: string, top: "Formula" | "Line"): Tree | undefined {
  try {
    return parsers[top].parse(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const tooDeepAt = (span: Span): FormulaError => ({
  code: "T1606",
  message: `is nested deeper than ${deepest} levels`,
  hint: "each operation on the result of another counts as a level, even in a long sum",
  span,
});

/** The first syntax error, or an error if the tree is too large. */
function errorOf(tree: Tree, text: string, top: "Formula" | "Line"): FormulaError | undefined {
  let error: Span | undefined;
  let tooDeep: Span | undefined;
  let parts = 0;
  let depth = 0;
  tree.iterate({
    enter: (node) => {
      const span = { start: node.from, end: node.to };
      if (node.type.isError) error ??= span;
      if (++depth > deepest) tooDeep ??= span;
      parts++;
    },
    leave: () => {
      depth--;
    },
  });
  if (tooDeep !== undefined) return tooDeepAt(tooDeep);
  if (error !== undefined) return syntaxError(text, error, top);
  if (parts <= mostParts) return undefined;
  const message = `has ${parts} numbers, names and operators; the limit is ${mostParts}`;
  return { code: "T1606", message, span: { start: 0, end: 1 } };
}

/** The notation in formulas for operators that other languages write differently. */
const otherNotations: Readonly<Record<string, string>> = {
  "**": "use ^ for a power",
  "&&": "write where(a, b, 0) or a * b for a logical and",
  "||": "write where(a, 1, b) for a logical or",
  "!": "write where(a, 0, 1) for a logical not, and a != b for inequality",
  "=": "use == for equality",
  "%": "write x - y * floor(x / y) for the remainder of x / y",
  "[": "a formula cannot contain an index or a list",
  '"': "a formula cannot contain a string",
  "'": "a formula cannot contain a string",
  ";": "a formula must be a single expression",
};

function syntaxError(text: string, error: Span, top: "Formula" | "Line"): FormulaError {
  const start = error.start + (/^\s*/.exec(text.slice(error.start))?.[0].length ?? 0);
  const found = /^([A-Za-z_]\w*|[\d.]+|\*\*|&&|\|\||[^])/u.exec(text.slice(start))?.[0];
  const code = "T1601";
  if (text.trim() === "") return { code, message: "is empty", span: { start: 0, end: 1 } };
  const before = text.slice(0, start).trimEnd();
  const power = before.endsWith("*") && found === "*" ? "**" : undefined;
  const hint = otherNotations[power ?? found ?? ""] ?? hintFor(before, found, top, text);
  const hinted = hint === undefined ? {} : { hint };
  if (found === undefined)
    return {
      code,
      message: "ends unexpectedly",
      ...hinted,
      span: { start: text.length, end: text.length + 1 },
    };
  const span = { start, end: start + found.length };
  const shown = JSON.stringify(
    found.replace(/[^\x20-\x7e]/g, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`),
  );
  return { code, message: `contains an unexpected ${shown}`, ...hinted, span };
}

function hintFor(
  before: string,
  found: string | undefined,
  top: "Formula" | "Line",
  text: string,
): string | undefined {
  if (top === "Line" && !text.includes("="))
    return 'a line must assign a value: "parameter = parameter - rate * gradient"';
  const open = before.split("(").length - before.split(")").length;
  if (found === undefined)
    return open > 0 ? `add ${open} closing ${open === 1 ? "parenthesis" : "parentheses"}` : undefined;
  if (found === ")" && open <= 0) return "remove it, or add the opening parenthesis";
  if (/^[\w(.]/.test(found) && /[\w).]$/.test(before))
    return "add an operator before it; use * for a product";
  return undefined;
}

const childrenOf = (node: SyntaxNode): SyntaxNode[] => {
  const children: SyntaxNode[] = [];
  for (let child = node.firstChild; child !== null; child = child.nextSibling) children.push(child);
  return children;
};

const textOf = (node: SyntaxNode, text: string): string => text.slice(node.from, node.to);

/** Converts a tree without syntax errors. In such a tree, every kind of node has all its parts. */
function expressionOf(node: SyntaxNode, text: string): Expression {
  const span = { start: node.from, end: node.to };
  const part = (child: SyntaxNode) => expressionOf(child, text);
  const children = childrenOf(node);
  switch (node.name) {
    case "Number":
      return { kind: "number", value: Number(textOf(node, text)), ...span };
    case "Name":
      return { kind: "name", name: textOf(node, text), ...span };
    case "Brackets":
      return { ...part(children[0]), ...span, isBracketed: true };
    case "Call":
      return {
        kind: "call",
        name: textOf(children[0], text),
        arguments: children.slice(1).map(part),
        ...span,
      };
    case "Negate":
      return { kind: "negate", x: part(children[1]), ...span };
    case "Choose":
      return {
        kind: "choose",
        condition: part(children[0]),
        x: part(children[1]),
        y: part(children[2]),
        ...span,
      };
    default:
      return {
        kind: "binary",
        sign: signOf(textOf(children[1], text)),
        x: part(children[0]),
        y: part(children[2]),
        ...span,
      };
  }
}

const signs: readonly Sign[] = ["+", "-", "*", "/", "^", "<", "<=", ">", ">=", "==", "!="];

function signOf(text: string): Sign {
  const sign = signs.find((known) => known === text);
  if (sign === undefined)
    throw new Error(`internal: the grammar has the sign ${text}, but the tree does not`);
  return sign;
}
