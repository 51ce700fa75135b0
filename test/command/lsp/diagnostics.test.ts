// The language server shows what the command line prints. If a test fails, an editor shows another error than
// `tapeless compile`, another location, or none; or the server fails while a spec is typed.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type { Diagnostic } from "vscode-languageserver-protocol";
import { brokenSpecs, commandLineDiagnostics } from "../../support/broken-specs.ts";
import { languageClient } from "../../support/language-client.ts";
import type { LanguageClient } from "../../support/language-client.ts";
import { runTapeless } from "../../support/run-tapeless.ts";

let folder: string;
let client: LanguageClient;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tapeless-lsp-"));
  client = await languageClient([folder]);
});
afterAll(async () => {
  expect(await client.end()).toBe(0);
  expect(client.stderr()).toBe("");
  rmSync(folder, { recursive: true, force: true });
});

/** A diagnostic of the server in the form of `commandLineDiagnostics`. */
function lineOf({ range, severity, code, message }: Diagnostic): string {
  const { line, character } = range.start;
  const text = typeof message === "string" ? message : message.value;
  const kind = severity === 1 ? "error" : "warning";
  return `${line + 1}:${character + 1} ${kind} ${code}: ${text.split("\n").join(" | ")}`;
}

it("shows the command line's diagnostics for sixty broken specs, from texts that are not saved", async () => {
  expect(brokenSpecs).toHaveLength(60);
  const codes = new Set<unknown>();
  for (const { file, text } of brokenSpecs) {
    client.open(join(folder, file), text, file.endsWith("json") ? "json" : "yaml");
    const shown = await client.diagnostics(join(folder, file));
    writeFileSync(join(folder, file), text);
    const { stderr } = await runTapeless(folder, ["compile", file, "-o", "out.ts"]);
    expect(shown.map(lineOf), `${file}:\n${text}`).toEqual(commandLineDiagnostics(stderr, file));
    expect(shown.length, `${file}:\n${text}`).toBeGreaterThan(0);
    for (const { code } of shown) codes.add(code);
    client.close(join(folder, file));
  }
  // The table must stay varied.
  expect(codes.size).toBeGreaterThan(20);
});

describe("a spec that is typed letter by letter", () => {
  const digits: unknown = JSON.parse(
    readFileSync(new URL("../../../graphs/digits.json", import.meta.url), "utf8"),
  );
  it.each([
    ["typed.tapeless.json", JSON.stringify(digits, undefined, 1)],
    ["typed.tapeless.yaml", stringify(digits)],
  ])("%s never causes an internal error", async (file, text) => {
    const path = join(folder, file);
    client.open(path, "");
    let shown: readonly Diagnostic[] = [];
    for (let length = 1; length <= text.length; length++) {
      client.change(path, text.slice(0, length));
      const lines = text.slice(0, length).split("\n");
      const position = { line: lines.length - 1, character: lines[lines.length - 1].length };
      // Each request is answered, or refused because the text has changed.
      const requests =
        length % 3 === 0 ? ["completion", "hover", "documentSymbol", "rename"] : ["completion"];
      for (const method of requests)
        await client.request(method, path, { position, newName: "other" }).catch((error: Error) => {
          expect(error.message, text.slice(0, length)).toBe("only layers can be renamed");
        });
      if (length % 10 !== 0 && length < text.length) continue;
      shown = await client.diagnostics(path);
      for (const { code, message } of shown) {
        expect(code, text.slice(0, length)).toMatch(/^T\d{4}$/);
        expect(message, text.slice(0, length)).not.toMatch(/internal|\n\s+at /);
      }
    }
    expect(shown).toEqual([]);
  });
});

it("forgets the diagnostics of a closed document, and ignores documents that are not specs", async () => {
  const spec = join(folder, "closed.tapeless.json");
  const other = join(folder, "package.json");
  client.open(other, "{ broken");
  client.open(spec, "{ broken");
  expect(await client.diagnostics(spec)).toHaveLength(1);
  client.close(spec);
  const marked = join(folder, "marked.json");
  client.open(marked, '{ "$schema": "node_modules/tapeless/generated/spec.schema.json", "nam": 1 }');
  expect((await client.diagnostics(marked)).map(({ code }) => code)).toContain("T1101");
  expect(await client.request("completion", other, { position: { line: 0, character: 2 } })).toEqual([]);
});
