/**
 * Takes the runtime's sources apart into declarations, by the syntax tree: `export` and imports are gone,
 * comments stay. Each is formatted once, here, so that a compilation formats only what is its own.
 */
import { ts } from "ts-morph";
import { invariant } from "../../diagnostics/errors.ts";
import { formatModule } from "./format.ts";
import { freeNames } from "./free-names.ts";
import { publicNames } from "./runtime-parts.ts";
import type { Declaration } from "./runtime-parts.ts";

export interface RuntimeSource {
  readonly file: string;
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

/** The text with its doc comment and without `export`; the comment that heads a file belongs to the file. */
function textOf(statement: ts.Statement, source: ts.SourceFile, isFirst: boolean): string {
  const comments = ts.getLeadingCommentRanges(source.text, statement.getFullStart()) ?? [];
  const own = isFirst ? comments.filter(({ pos }) => source.text.startsWith("/**", pos)).slice(-1) : comments;
  const lead = own.map(({ pos, end }) => source.text.slice(pos, end)).join("\n");
  const body = source.text.slice(statement.getStart(source), statement.end).replace(/^export /, "");
  return lead === "" ? body : `${lead}\n${body}`;
}

/** All declarations of the given sources, in their order. Of two files of one name, the later replaces names. */
export async function parseRuntime(sources: readonly RuntimeSource[]): Promise<Declaration[]> {
  let found: Declaration[] = [];
  for (const source of sources) {
    const own = await declarationsIn(source);
    const isReplaced = ({ name }: Declaration) => own.some((other) => other.name === name);
    for (const { name, topic } of found.filter(isReplaced))
      invariant(topic === topicOf(source.file), `the runtime declares ${name} twice`);
    found = [...found.filter((declaration) => !isReplaced(declaration)), ...own];
  }
  return found;
}

async function declarationsIn({ file, text }: RuntimeSource): Promise<Declaration[]> {
  const found: Declaration[] = [];
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022);
  for (const statement of source.statements) {
    if (ts.isImportDeclaration(statement)) continue;
    const isFirst = source.statements[0] === statement;
    for (const name of namesDeclared(statement)) {
      const bare = textOf(statement, source, isFirst);
      const formatted = await formatModule(publicNames.has(name) ? withExport(bare) : bare);
      const names = freeNames(statement);
      found.push({ name, topic: topicOf(file), text: formatted.trimEnd(), names });
    }
  }
  return found;
}

/** `first-not-finite.ts` is about "first not finite". */
const topicOf = (file: string): string => file.replace(/\.ts$/, "").replaceAll("-", " ");

const withExport = (text: string): string => text.replace(/^(interface|type) /m, "export $1 ");
