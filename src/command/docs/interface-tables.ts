/** Generates tables of the members of public interfaces from their declarations and comments. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { ts } from "ts-morph";
import { code, table } from "./markdown.ts";

const src = fileURLToPath(new URL("../../", import.meta.url));

/** The members of the exported interface of this name, which must be unique in `src`. */
export function membersTable(name: string): string {
  const { source, declaration } = interfaceNamed(name);
  const rows = declaration.members.map((member) => [
    code(
      member
        .getText(source)
        .replace(/^readonly /, "")
        .replace(/;$/, "")
        .replaceAll(/\s+/g, " ")
        // The type of an optional member already includes undefined.
        .replace(/^(\w+\?: .*) \| undefined$/, "$1"),
    ),
    commentOf(member),
  ]);
  return table(["member", "description"], rows);
}

interface Found {
  readonly source: ts.SourceFile;
  readonly declaration: ts.InterfaceDeclaration;
}

function interfaceNamed(name: string): Found {
  const found: Found[] = [];
  for (const file of readdirSync(src, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".ts")) continue;
    const text = readFileSync(join(src, file), "utf8");
    if (!text.includes(`export interface ${name} `)) continue;
    const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true);
    for (const statement of source.statements)
      if (ts.isInterfaceDeclaration(statement) && statement.name.text === name)
        found.push({ source, declaration: statement });
  }
  const [first, second] = found;
  if (first === undefined || second !== undefined)
    throw new Error(`${found.length} exported interfaces have the name ${name}`);
  return first;
}

function commentOf(member: ts.Node): string {
  const [doc] = ts.getJSDocCommentsAndTags(member).toReversed();
  return doc === undefined ? "" : (ts.getTextOfJSDocComment(doc.comment) ?? "");
}
