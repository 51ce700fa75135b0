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

/** A node of the syntax tree (ESTree). */
interface Syntax {
  readonly type: string;
  readonly range: readonly [start: number, end: number];
  readonly [member: string]: unknown;
}

const isSyntax = (value: unknown): value is Syntax =>
  typeof value === "object" &&
  value !== null &&
  "type" in value &&
  "range" in value &&
  Array.isArray(value.range);

/** The nodes directly inside a node, in the order of its members. */
const childrenOf = (node: Syntax): Syntax[] =>
  Object.entries(node).flatMap(([member, value]) =>
    member === "comments" || member === "tokens" ? [] : [value].flat().filter(isSyntax),
  );

/** @throws InternalError for a member that is not a node */
function childOf(node: Syntax, member: string): Syntax {
  const child = node[member];
  if (isSyntax(child)) return child;
  throw new InternalError(`a ${node.type} of an emitted module has no ${member}`);
}

export async function javascriptOf(code: string): Promise<JavaScriptFile> {
  const statements = await statementsOf(code);
  const script = withoutRanges(
    code,
    statements.flatMap((statement) => erasedIn(code, statement)),
  );
  const untyped = script.replace(notationOfMark, "").replace(/\n{3,}/g, "\n\n");
  return {
    script: await formatModule(untyped),
    declarations: await formatModule(declarationsOf(code, statements)),
  };
}

async function statementsOf(code: string): Promise<readonly Syntax[]> {
  const { parsers } = await import("prettier/plugins/typescript");
  const tree: unknown = await Reflect.apply(parsers.typescript.parse, parsers.typescript, [
    code,
    { filepath: "trainer.ts" },
  ]);
  if (!isSyntax(tree)) throw new InternalError("an emitted module cannot be parsed");
  return childrenOf(tree);
}

// Conversion to JavaScript: finds the ranges of the text that are types.

type Range = readonly [start: number, end: number];

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
    ? [[statement.range[0] - commentAbove(code, statement).length, statement.range[1]]]
    : typesIn(code, statement);

/** The comment lines directly above a statement. Comments above a blank line do not belong to it. */
const commentAbove = (code: string, { range: [start] }: Syntax): string =>
  /(?:^(?:\/\/|\/\*\*| \*).*\n)+$/m.exec(code.slice(code.lastIndexOf("\n\n", start) + 1, start))?.[0] ?? "";

function typesIn(code: string, node: Syntax): Range[] {
  const { type, range } = node;
  if (isType(node)) return [range];
  if (["TSTypeAnnotation", "TSTypeParameterInstantiation", "TSTypeParameterDeclaration"].includes(type))
    return [range];
  const inside = childrenOf(node).flatMap((child) => typesIn(code, child));
  switch (type) {
    case "TSNonNullExpression":
    case "TSAsExpression":
    case "TSSatisfiesExpression":
      // The first child is the expression. The text after it is a type or a mark.
      return [
        ...typesIn(code, childOf(node, "expression")),
        [childOf(node, "expression").range[1], range[1]],
      ];
    case "Identifier": {
      const mark = code.indexOf("?", range[0]);
      return node.optional === true ? [[mark, mark + 1], ...inside] : inside;
    }
    case "PropertyDefinition":
    case "MethodDefinition":
      return [...modifiersOf(code, node), ...inside];
    default:
      return inside;
  }
}

/** The modifiers of a class member that JavaScript does not have. */
function modifiersOf(code: string, node: Syntax): Range[] {
  const [start] = node.range;
  const words = code
    .slice(start, childOf(node, "key").range[0])
    .matchAll(/\b(?:private|protected|public|readonly)\s+/g);
  return [...words].map((found): Range => [start + found.index, start + found.index + found[0].length]);
}

function withoutRanges(code: string, ranges: readonly Range[]): string {
  let [result, at] = ["", 0];
  for (const [start, end] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (start < at) continue;
    result += code.slice(at, start);
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
  const textOf = ({ range: [start, end] }: Syntax) => code.slice(start, end);
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
      const head = code.slice(node.range[0], body.range[0]);
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

/** A function up to its body. A parameter with a default is optional. */
function headOf(code: string, node: Syntax): string {
  const start = node.range[0];
  let head = code.slice(start, childOf(node, "body").range[0]).trimEnd();
  const defaults = [node.params]
    .flat()
    .filter(isSyntax)
    .filter(({ type }) => type === "AssignmentPattern");
  for (const parameter of defaults.toReversed()) {
    const left = childOf(parameter, "left");
    const type = childOf(left, "typeAnnotation");
    const [from, to] = [left.range[0] - start, parameter.range[1] - start];
    const name = left.type === "Identifier" ? code.slice(left.range[0], type.range[0]) : "options";
    head = `${head.slice(0, from)}${name}?${code.slice(type.range[0], type.range[1])}${head.slice(to)}`;
  }
  return head;
}

/** A member of a class without its value or body. The type of a private member is not public. */
function memberText(code: string, member: Syntax): string {
  const [start, end] = member.range;
  const key = childOf(member, "key");
  if (member.accessibility === "private") return `private ${code.slice(...key.range)}`;
  if (member.type === "PropertyDefinition") return code.slice(start, end).replace(/( =.*)?;?$/s, "");
  const value = childOf(member, "value");
  return code.slice(start, value.range[0]) + headOf(code, value);
}

const commentAboveMember = (code: string, { range: [start] }: Syntax): string =>
  /\/\*\*(?:(?!\*\/)[^])*\*\/\s*$/.exec(code.slice(0, start))?.[0] ?? "";
