/**
 * Turns an emitted module into JavaScript and its declaration file. Emitted modules contain only erasable
 * syntax, so the JavaScript is the text without its types; formulas and other comments are preserved. The
 * declaration file has the exports and the types that they mention. The parser is that of prettier, because
 * the package contains no other parser.
 */
import { InternalError } from "../../diagnostics/errors.ts";
import { formatModule } from "./format.ts";
import { notationOfMark } from "./notation.ts";

export interface JavaScriptFile {
  readonly script: string;
  readonly declarations: string;
}

/** A node of the syntax tree that Babel returns. The text of the node begins at `start`, and ends before `end`. */
interface Syntax {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

const isSyntax = (value: unknown): value is Syntax =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  "start" in value &&
  typeof value.start === "number";

/** The nodes directly inside a node, in the order of its members. */
const childrenOf = (node: Syntax): Syntax[] =>
  Object.entries(node).flatMap(([member, value]) =>
    member === "comments" ? [] : [value].flat().filter(isSyntax),
  );

/** @throws InternalError for a member that is not a node */
function childOf(node: Syntax, member: string): Syntax {
  const child = node[member];
  if (isSyntax(child)) return child;
  throw new InternalError(`a ${node.type} of an emitted module has no ${member}`);
}

export async function javascriptOf(code: string): Promise<JavaScriptFile> {
  const statements = await statementsOf(code);
  const script = withoutRanges(code, typeRanges(code, statements));
  const untyped = script.replace(notationOfMark, "").replace(/\n{3,}/g, "\n\n");
  return {
    script: await formatModule(untyped),
    declarations: await formatModule(declarationsOf(code, statements)),
  };
}

/**
 * Like {@link javascriptOf}, but types become white space. Everything else keeps its line and column, so a source map
 * of the TypeScript is also one of the script.
 */
export async function alignedJavaScriptOf(code: string): Promise<JavaScriptFile> {
  const statements = await statementsOf(code);
  const script = withoutRanges(code, typeRanges(code, statements), (type) => type.replace(/[^\n]/g, " "));
  return {
    script: script.replace(/ +$/gm, ""),
    declarations: await formatModule(declarationsOf(code, statements)),
  };
}

async function statementsOf(code: string): Promise<readonly Syntax[]> {
  const { parsers } = await import("prettier/plugins/babel");
  const tree: unknown = await Reflect.apply(parsers["babel-ts"].parse, parsers["babel-ts"], [
    code,
    { filepath: "trainer.ts" },
  ]);
  if (!isSyntax(tree)) throw new InternalError("an emitted module cannot be parsed");
  return childrenOf(childOf(tree, "program"));
}

// Conversion to JavaScript: finds the ranges of the text that are types.

type Range = readonly [start: number, end: number];

const typeRanges = (code: string, statements: readonly Syntax[]): Range[] =>
  statements.flatMap((statement) => erasedIn(code, statement));

const isType = ({ type, declare, importKind }: Syntax): boolean =>
  ["TSInterfaceDeclaration", "TSTypeAliasDeclaration", "TSDeclareFunction"].includes(type) ||
  declare === true ||
  importKind === "type";

/** The declaration that a statement exports, or the statement itself. */
const declarationOf = (statement: Syntax): Syntax =>
  isSyntax(statement.declaration) ? statement.declaration : statement;

/** The ranges to remove from a statement: either the whole statement with its comment, or only its types. */
const erasedIn = (code: string, statement: Syntax): Range[] =>
  isType(declarationOf(statement))
    ? [[statement.start - commentAbove(code, statement).length, statement.end]]
    : typesIn(code, statement);

/** The comment lines directly above a statement. Comments above a blank line do not belong to it. */
const commentAbove = (code: string, { start }: Syntax): string =>
  /(?:^(?:\/\/|\/\*\*| \*).*\n)+$/m.exec(code.slice(code.lastIndexOf("\n\n", start) + 1, start))?.[0] ?? "";

function typesIn(code: string, node: Syntax): Range[] {
  const { type, start, end } = node;
  if (isType(node)) return [[start, end]];
  if (["TSTypeAnnotation", "TSTypeParameterInstantiation", "TSTypeParameterDeclaration"].includes(type))
    return [[start, end]];
  const inside = childrenOf(node).flatMap((child) => typesIn(code, child));
  switch (type) {
    case "TSNonNullExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      // The first child is the expression. The text after it is a type or a mark.
      return [...typesIn(code, childOf(node, "expression")), [childOf(node, "expression").end, end]];
    case "Identifier": {
      const mark = code.indexOf("?", start);
      return node.optional === true ? [[mark, mark + 1], ...inside] : inside;
    }
    case "ClassProperty":
    case "ClassMethod":
      return [...modifiersOf(code, node), ...inside];
    default:
      return inside;
  }
}

/** The modifiers of a class member that JavaScript does not have. */
function modifiersOf(code: string, node: Syntax): Range[] {
  const { start } = node;
  const words = code
    .slice(start, childOf(node, "key").start)
    .matchAll(/\b(?:private|protected|public|readonly)\s+/g);
  return [...words].map((found): Range => [start + found.index, start + found.index + found[0].length]);
}

/** Replaces the text of each range, by default by nothing. */
function withoutRanges(
  code: string,
  ranges: readonly Range[],
  replacement: (text: string) => string = () => "",
): string {
  let [result, at] = ["", 0];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    result += code.slice(at, start) + replacement(code.slice(start, end));
    at = end;
  }
  return result + code.slice(at);
}

// The declaration file: the exports, and the other types that they mention.

interface Declared {
  readonly name: string;
  readonly isExported: boolean;
  /** The declaration with its comment. */
  readonly text: string;
}

function declarationsOf(code: string, statements: readonly Syntax[]): string {
  const all = statements.flatMap((statement): Declared[] => {
    const declaration = declarationOf(statement);
    const isExported = statement.type === "ExportNamedDeclaration";
    if (!isExported && !isType(declaration)) return [];
    const text = declaredText(code, declaration);
    if (text === undefined) return [];
    const whole = `${commentAbove(code, statement)}${isExported ? "export " : ""}${text.text}`;
    return [{ name: text.name, isExported, text: whole }];
  });
  const needed = new Set(all.filter(({ isExported }) => isExported));
  for (const { text } of needed)
    for (const other of all)
      if (text.match(/\w+/g)?.includes(other.name) && /^(\/|interface|type)/.test(other.text))
        needed.add(other);
  const head = /^\/\*\*[^]*?\*\/\n(?:\/[/*] ?(?:eslint|biome|deno|dprint).*\n)*/.exec(code)?.[0] ?? "";
  const kept = all.filter((each) => needed.has(each)).map(({ text }) => text);
  return [head, ...kept, "export {};\n"].join("\n");
}

/**
 * The name of a declaration, and its text without values and bodies; undefined for a declaration without a
 * type.
 */
function declaredText(
  code: string,
  node: Syntax,
): { readonly name: string; readonly text: string } | undefined {
  const textOf = ({ start, end }: Syntax) => code.slice(start, end);
  const nameOf = (named: Syntax) => /^[\w$]+/.exec(textOf(childOf(named, "id")))?.[0] ?? "";
  switch (node.type) {
    case "TSInterfaceDeclaration":
    case "TSTypeAliasDeclaration":
      return { name: nameOf(node), text: textOf(node) };
    case "FunctionDeclaration": {
      const head = headOf(code, node);
      return { name: nameOf(node), text: `declare ${head};` };
    }
    case "ClassDeclaration": {
      const body = childOf(node, "body");
      const members = childrenOf(body).map(
        (member) => `${commentAboveMember(code, member)}${memberText(code, member)};`,
      );
      const head = code.slice(node.start, body.start);
      return { name: nameOf(node), text: `declare ${head}{\n${members.join("\n")}\n}` };
    }
    case "VariableDeclaration": {
      const [first] = childrenOf(node);
      const id = first && childOf(first, "id");
      if (node.declare === true || id === undefined || !isSyntax(id.typeAnnotation)) return undefined;
      return { name: nameOf(first), text: `declare const ${textOf(id)};` };
    }
    default:
      return undefined;
  }
}

/** A function or method up to its body. A parameter with a default is optional. */
function headOf(code: string, node: Syntax): string {
  const { start } = node;
  let head = code.slice(start, childOf(node, "body").start).trimEnd();
  const defaults = [node.params]
    .flat()
    .filter(isSyntax)
    .filter(({ type }) => type === "AssignmentPattern");
  for (const parameter of defaults.toReversed()) {
    const left = childOf(parameter, "left");
    const type = childOf(left, "typeAnnotation");
    const [from, to] = [left.start - start, parameter.end - start];
    const name = left.type === "Identifier" ? code.slice(left.start, type.start) : "options";
    head = `${head.slice(0, from)}${name}?${code.slice(type.start, type.end)}${head.slice(to)}`;
  }
  return head;
}

/** A member of a class without its value or body. The type of a private member is not public. */
function memberText(code: string, member: Syntax): string {
  const key = childOf(member, "key");
  if (member.accessibility === "private") return `private ${code.slice(key.start, key.end)}`;
  if (member.type === "ClassProperty") return code.slice(member.start, member.end).replace(/( =.*)?;?$/s, "");
  return headOf(code, member);
}

const commentAboveMember = (code: string, { start }: Syntax): string =>
  /\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/.exec(code.slice(0, start))?.[0] ?? "";
