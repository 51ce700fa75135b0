/**
 * Parses the sources of the runtime into declarations. It drops `export` and imports, keeps comments, and
 * formats each declaration once, so that a compilation formats only its own text. It also finds the optional
 * members of types, and the code that does nothing without such a member, because a module contains only
 * what its code mentions.
 */
import { ts } from "ts-morph";
import { closedTypes } from "../../../runtime/chapters.ts";
import type { ChapterName } from "../../../runtime/chapters.ts";
import { invariant } from "../../diagnostics/errors.ts";
import { formatModule } from "./format.ts";
import { optionalCodeIn } from "./optional-code.ts";
import { alternativeName, publicNames } from "./runtime-parts.ts";
import type { Declaration, OptionalMember } from "./runtime-parts.ts";

export interface RuntimeSource {
  readonly file: string;
  readonly chapter: ChapterName;
  /** Whether the declarations of this file replace earlier ones with the same name. */
  readonly replaces: boolean;
  /** Whether the replacement happens only in modules that request it. */
  readonly isAlternative?: boolean;
  readonly text: string;
}

function namesDeclared(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.flatMap(({ name }) =>
      ts.isIdentifier(name) ? [name.text] : [],
    );
  const named =
    ts.isFunctionDeclaration(statement) ||
    ts.isInterfaceDeclaration(statement) ||
    ts.isTypeAliasDeclaration(statement) ||
    ts.isClassDeclaration(statement);
  return named && statement.name !== undefined ? [statement.name.text] : [];
}

/**
 * The text of a declaration with its comments, but without `export`. The comment at the head of a file does
 * not belong to its first declaration.
 */
function textOf(statement: ts.Statement, source: ts.SourceFile, isFirst: boolean): string {
  const comments = ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [];
  const own = isFirst ? comments.filter(({ pos }) => source.text.startsWith("/**", pos)).slice(-1) : comments;
  const lead = own.map(({ pos, end }) => source.text.slice(pos, end)).join("\n");
  const body = source.text.slice(statement.getStart(source), statement.end).replace(/^export /, "");
  return lead === "" ? body : `${lead}\n${body}`;
}

/** All declarations of the sources, in the order in which the sources contain them. */
export async function parseRuntime(sources: readonly RuntimeSource[]): Promise<Declaration[]> {
  let found: Declaration[] = [];
  const facts = optionalFacts(sources);
  for (const source of sources) {
    const own = await declarationsIn(source, facts);
    const isRepeated = ({ name }: Declaration) => own.some((other) => other.name === name);
    const repeated = found.filter(isRepeated);
    if (source.isAlternative === true) {
      const isOther = ({ name }: Declaration) => repeated.some((other) => other.name === name);
      found.push(...own.map((one) => (isOther(one) ? { ...one, name: alternativeName(one.name) } : one)));
      continue;
    }
    for (const { name } of repeated) invariant(source.replaces, `the runtime declares ${name} twice`);
    found = [...found.filter((declaration) => !isRepeated(declaration)), ...own];
  }
  return found;
}

/**
 * The names of the members that are optional in facts. A member that is also optional in another type may have
 * a value that the compiler does not know.
 */
function optionalFacts(sources: readonly RuntimeSource[]): ReadonlySet<string> {
  const names = { facts: new Set<string>(), others: new Set<string>() };
  for (const { file, text } of sources)
    for (const statement of ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true).statements) {
      const isFact = namesDeclared(statement).some((name) => closedTypes.some((type) => type === name));
      for (const { name } of optionalMembersIn(statement))
        names[isFact ? "facts" : "others"].add(name.getText());
    }
  return new Set([...names.facts].filter((name) => !names.others.has(name)));
}

async function declarationsIn(
  { file, chapter, text }: RuntimeSource,
  facts: ReadonlySet<string>,
): Promise<Declaration[]> {
  const found: Declaration[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) continue;
    const isFirst = source.statements[0] === statement;
    for (const name of namesDeclared(statement)) {
      const bare = textOf(statement, source, isFirst);
      const formatted = await formatModule(publicNames.has(name) ? withExport(bare) : bare);
      found.push({ name, chapter, ...partsOf(formatted.trimEnd(), facts) });
    }
  }
  return found;
}

const withExport = (text: string): string => text.replace(/^(interface|type|class) /m, "export $1 ");

/** The names that a formatted declaration mentions, and its optional members and code. */
function partsOf(
  text: string,
  facts: ReadonlySet<string>,
): Pick<Declaration, "text" | "names" | "mentions" | "optional"> {
  const source = ts.createSourceFile("", text, ts.ScriptTarget.ES2022, true);
  const [statement] = source.statements;
  const optional = [
    ...optionalMembersIn(statement).map((member) => ({
      name: member.name.getText(source),
      // The range starts at the line break before the member's comment.
      from: member.getFullStart(),
      to: member.end,
      nodes: [member] as readonly ts.Node[],
      isCode: false,
    })),
    ...optionalCodeIn(statement, facts).map((code) => ({ ...code, isCode: true })),
  ].sort((a, b) => a.from - b.from || b.to - a.to);
  const all = new Set<ts.Node>(optional.flatMap(({ nodes }) => nodes));
  return {
    text,
    names: freeNames(statement, all),
    mentions: mentionsIn(statement, all),
    optional: optional.map(({ name, from, to, isCode, nodes }): OptionalMember => {
      // This part and those around it are not skipped.
      const around = optional.filter((other) => other.from <= from && other.to >= to);
      const others = new Set([...all].filter((node) => !around.some((part) => part.nodes.includes(node))));
      const outside = freeNames(statement, new Set([...others, ...nodes]));
      return {
        name,
        from,
        to,
        isCode,
        names: freeNames(statement, others).filter((each) => !outside.includes(each)),
        mentions: nodes.flatMap((node) => mentionsIn(node, others)).filter((word) => word !== name),
      };
    }),
  };
}

/**
 * The members `name?: type` and `name?(…): type` of interfaces and type literals, outer members before inner
 * ones.
 */
function optionalMembersIn(node: ts.Node): (ts.PropertySignature | ts.MethodSignature)[] {
  const found: (ts.PropertySignature | ts.MethodSignature)[] = [];
  const walk = (part: ts.Node): void => {
    const isMember = ts.isPropertySignature(part) || ts.isMethodSignature(part);
    if (isMember && part.questionToken !== undefined) found.push(part);
    ts.forEachChild(part, walk);
  };
  walk(node);
  return found;
}

/** All names of members and all strings in a node, except those in `skipped` nodes. */
function mentionsIn(node: ts.Node, skipped: ReadonlySet<ts.Node>): string[] {
  const found = new Set<string>();
  const walk = (part: ts.Node, parent: ts.Node | undefined): void => {
    if (skipped.has(part)) return;
    const isName = ts.isIdentifier(part) && (isMemberName(part, parent) || isShorthand(part, parent));
    if (isName || ts.isStringLiteral(part)) found.add(part.text);
    ts.forEachChild(part, (child) => walk(child, part));
  };
  walk(node, undefined);
  return [...found];
}

/** Whether an identifier is the name of a variable and of a member: `{ name }`, `const { name } = x`. */
const isShorthand = (node: ts.Identifier, parent: ts.Node | undefined): boolean =>
  parent !== undefined &&
  (ts.isShorthandPropertyAssignment(parent) ||
    (ts.isBindingElement(parent) && parent.name === node && ts.isObjectBindingPattern(parent.parent)));

// Free names are names that a piece of TypeScript reads but does not declare. The free names of a runtime
// declaration are its dependencies. The free names of all declarations together include the globals, which
// the names of a model must not shadow.

/**
 * The free names of a node, in order of first use, including types and labels. `skipped` nodes are ignored.
 */
export function freeNames(node: ts.Node, skipped: ReadonlySet<ts.Node> = new Set()): string[] {
  const found = new Set<string>();
  const walk = (part: ts.Node, parent: ts.Node | undefined, bound: ReadonlySet<string>): void => {
    if (skipped.has(part)) return;
    const inside = isScope(part) ? new Set([...bound, ...namesBoundIn(part)]) : bound;
    if (ts.isIdentifier(part) && !isMemberName(part, parent) && !inside.has(part.text)) found.add(part.text);
    ts.forEachChild(part, (child) => walk(child, part, inside));
  };
  walk(node, undefined, new Set());
  return [...found];
}

/** Whether declarations directly inside this node are visible only there. */
const isScope = (node: ts.Node): boolean =>
  ts.isSourceFile(node) ||
  ts.isFunctionLike(node) ||
  ts.isClassLike(node) ||
  ts.isInterfaceDeclaration(node) ||
  ts.isTypeAliasDeclaration(node) ||
  ts.isMappedTypeNode(node) ||
  ts.isConditionalTypeNode(node) ||
  ts.isBlock(node) ||
  ts.isCaseBlock(node) ||
  ts.isForStatement(node) ||
  ts.isForInStatement(node) ||
  ts.isForOfStatement(node) ||
  ts.isCatchClause(node);

/** The name that a node declares. A pattern declares no name itself, but its elements do. */
function nameDeclaredBy(node: ts.Node): string | undefined {
  const declares =
    ts.isVariableDeclaration(node) ||
    ts.isParameter(node) ||
    ts.isBindingElement(node) ||
    ts.isTypeParameterDeclaration(node) ||
    ts.isFunctionDeclaration(node) ||
    ts.isFunctionExpression(node) ||
    ts.isClassLike(node) ||
    ts.isInterfaceDeclaration(node) ||
    ts.isTypeAliasDeclaration(node);
  return declares && node.name !== undefined && ts.isIdentifier(node.name) ? node.name.text : undefined;
}

/** The names that a scope declares. A nested scope contributes only its own name. */
function namesBoundIn(scope: ts.Node): string[] {
  const names: string[] = [];
  const walk = (node: ts.Node): void => {
    const name = nameDeclaredBy(node);
    if (name !== undefined) names.push(name);
    if (node === scope || !isScope(node)) ts.forEachChild(node, walk);
  };
  walk(scope);
  return names;
}

/** Whether an identifier is the name of a member: `x.name`, `{ name: 1 }`, `const { name: y } = x`. */
function isMemberName(node: ts.Identifier, parent: ts.Node | undefined): boolean {
  if (parent === undefined) return false;
  if (ts.isBindingElement(parent)) return parent.propertyName === node;
  if (ts.isPropertyAccessExpression(parent)) return parent.name === node;
  if (ts.isQualifiedName(parent)) return parent.right === node;
  const isMember =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isGetAccessorDeclaration(parent) ||
    ts.isSetAccessorDeclaration(parent) ||
    ts.isMetaProperty(parent) ||
    ts.isNamedTupleMember(parent);
  return isMember && parent.name === node;
}
