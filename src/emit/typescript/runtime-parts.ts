/**
 * Brings the parts of `src/runtime/` that a trainer needs into its file: the declarations that are asked for, and all
 * that these name, in the order of the runtime's files. `export` and imports are gone; comments stay.
 */
import { readdirSync, readFileSync } from "node:fs";
import { ts } from "ts-morph";

interface Declaration {
  readonly name: string;
  readonly text: string;
  readonly names: ReadonlySet<string>;
}

export type RuntimeParts = ReadonlyMap<string, Declaration>;

/** Where the runtime's sources lie: beside this folder in a clone, under `src/` in the published package. */
function sourceFolder(): URL {
  const beside = new URL("../../runtime/", import.meta.url);
  const holdsSources = readdirSync(beside).some((file) => file === "trainer.ts");
  return holdsSources ? beside : new URL("../../../src/runtime/", import.meta.url);
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

/** Whether an identifier names a member of something else, not a declaration of the module. */
function isMemberName(node: ts.Identifier, parent: ts.Node | undefined): boolean {
  if (parent === undefined) return false;
  if (ts.isPropertyAccessExpression(parent) || ts.isQualifiedName(parent))
    return "name" in parent && parent.name === node;
  const isMember =
    ts.isPropertyAssignment(parent) ||
    ts.isPropertySignature(parent) ||
    ts.isPropertyDeclaration(parent) ||
    ts.isMethodSignature(parent) ||
    ts.isMethodDeclaration(parent) ||
    ts.isGetAccessorDeclaration(parent);
  return isMember && parent.name === node;
}

/** The names that a declaration reads from around it; what it binds itself is none of them. */
function identifiersIn(node: ts.Node): Set<string> {
  const found = new Set<string>();
  const local = new Set<string>();
  const walk = (part: ts.Node, parent?: ts.Node): void => {
    const binds = ts.isVariableDeclaration(part) || ts.isParameter(part) || ts.isBindingElement(part);
    if (binds && ts.isIdentifier(part.name)) local.add(part.name.text);
    if (ts.isIdentifier(part) && !isMemberName(part, parent)) found.add(part.text);
    ts.forEachChild(part, (child) => walk(child, part));
  };
  walk(node);
  for (const name of local) found.delete(name);
  return found;
}

/** The text with its doc comment and without `export`; the comment that heads a file belongs to the file. */
function textOf(statement: ts.Statement, source: ts.SourceFile, isFirst: boolean): string {
  const comments = ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [];
  const own = isFirst ? comments.filter(({ pos }) => source.text.startsWith("/**", pos)).slice(-1) : comments;
  const lead = own.map(({ pos, end }) => source.text.slice(pos, end)).join("\n");
  const body = source.text.slice(statement.getStart(source), statement.end).replace(/^export /, "");
  return lead === "" ? body : `${lead}\n${body}`;
}

/** All declarations of the runtime, file by file in the order of their names. */
export function readRuntime(): RuntimeParts {
  const folder = sourceFolder();
  const parts = new Map<string, Declaration>();
  for (const file of readdirSync(folder)
    .filter((name) => name.endsWith(".ts"))
    .sort()) {
    const source = ts.createSourceFile(
      file,
      readFileSync(new URL(file, folder), "utf8"),
      ts.ScriptTarget.ES2022,
    );
    const statements = source.statements.filter((statement) => !ts.isImportDeclaration(statement));
    statements.forEach((statement, index) => {
      const isFirst = index === 0 && source.statements[0] === statement;
      for (const name of namesDeclared(statement)) {
        if (parts.has(name)) throw new Error(`internal: the runtime declares ${name} twice`);
        parts.set(name, { name, text: textOf(statement, source, isFirst), names: identifiersIn(statement) });
      }
    });
  }
  return parts;
}

/** The texts of the declarations that `roots` need, in the runtime's order. */
export function collectParts(parts: RuntimeParts, roots: Iterable<string>): Declaration[] {
  const needed = new Set<string>();
  const queue = [...roots];
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    const part = parts.get(name);
    if (part === undefined || needed.has(name)) continue;
    needed.add(name);
    queue.push(...part.names);
  }
  return [...parts.values()].filter(({ name }) => needed.has(name));
}
