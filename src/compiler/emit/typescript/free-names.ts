/**
 * The names that a piece of TypeScript reads but does not declare, by its syntax tree. Of a declaration of
 * the runtime they say what else a trainer needs; of all declarations together, which globals no name of a
 * model may hide.
 */
import { ts } from "ts-morph";

/** Names of values, types and labels alike, in the order of their first use. */
export function freeNames(node: ts.Node): string[] {
  const found = new Set<string>();
  const walk = (part: ts.Node, parent: ts.Node | undefined, bound: ReadonlySet<string>): void => {
    const inside = isScope(part) ? new Set([...bound, ...namesBoundIn(part)]) : bound;
    if (ts.isIdentifier(part) && !isMemberName(part, parent) && !inside.has(part.text)) found.add(part.text);
    ts.forEachChild(part, (child) => walk(child, part, inside));
  };
  walk(node, undefined, new Set());
  return [...found];
}

/** Whether declarations directly inside are visible in this node only. */
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

/** The name that a node declares, unless it is a pattern: the elements of a pattern declare names of their own. */
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

/** What a scope declares itself; a scope inside it adds its own name, and nothing of what it declares. */
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

/** Whether an identifier names a member of something else: `x.name`, `{ name: 1 }`, `const { name: y } = x`. */
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
