// A workspace of a stranger. If a test fails, opening it in an editor runs its code, reads files outside of it, or
// reads more than the limit.
import { afterAll, beforeAll, expect, it } from "vitest";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import type { CompletionItem } from "vscode-languageserver-protocol";
import { baseSpec, specWith } from "../../compiler/spec/base-spec.ts";
import { languageClient } from "../../support/language-client.ts";
import type { LanguageClient } from "../../support/language-client.ts";

let outer: string;
let folder: string;
let untrusted: LanguageClient;
let trusted: LanguageClient;
beforeAll(async () => {
  outer = mkdtempSync(join(tmpdir(), "tapeless-lsp-"));
  folder = join(outer, "workspace");
  mkdirSync(folder);
  writeFileSync(join(outer, "secret.csv"), "secret,column\n1,2\n");
  writeFileSync(join(outer, "secret.onnx"), "secret");
  symlinkSync(join(outer, "secret.onnx"), join(folder, "link.onnx"));
  symlinkSync(join(outer, "secret.csv"), join(folder, "link.csv"));
  symlinkSync(outer, join(folder, "up"));
  execFileSync("mkfifo", [join(folder, "pipe.onnx")]);
  writeFileSync(join(folder, "huge.onnx"), "");
  truncateSync(join(folder, "huge.onnx"), 2 ** 33);
  [untrusted, trusted] = await Promise.all([
    languageClient([folder]),
    languageClient([folder], { runTypeScript: true }),
  ]);
});
afterAll(async () => {
  expect(await Promise.all([untrusted.end(), trusted.end()])).toEqual([0, 0]);
  expect(untrusted.stderr() + trusted.stderr()).toBe("");
  rmSync(outer, { recursive: true, force: true });
});

const outside = "the language server reads no files outside of the workspace";
it.each([
  ["../secret.onnx", outside],
  ["/etc/passwd", outside],
  ["up/../../secret.onnx", outside],
  ["link.onnx", `it is a symbolic link, and ${outside}`],
  ["up/secret.onnx", `it is a symbolic link, and ${outside}`],
  ["up/workspace/pipe.onnx", "it is not a file"],
  ["pipe.onnx", "it is not a file"],
  ["huge.onnx", "the language server reads no files of more than 268.4 MB"],
  ["file:///etc/passwd", "no such file or folder"],
  ["https://example.com/a.onnx", "no such file or folder"],
  ["a\u0000b", "the system reports ERR_INVALID_ARG_VALUE"],
])("does not read the model file %j", async (name, reason) => {
  const file = join(folder, "a.tapeless.json");
  untrusted.open(file, JSON.stringify(specWith({ network: [{ type: "onnx", file: name }] })));
  const found = await untrusted.diagnostics(file);
  untrusted.close(file);
  expect(found.map(({ message }) => String(message)).join("\n")).toContain(`: ${reason}`);
});

it.each(["../secret.csv", "link.csv", "up/secret.csv", "/etc/passwd"])(
  "suggests no columns of %s",
  async (name) => {
    const file = join(folder, "a.tapeless.json");
    const data = { file: name, inputs: { x: { columns: ["se"] } }, targets: { y: { columns: ["b"] } } };
    const text = JSON.stringify({ ...baseSpec(), data });
    untrusted.open(file, text);
    const position = { line: 0, character: text.indexOf('"se"') + 3 };
    expect(await untrusted.request<CompletionItem[]>("completion", file, { position })).toEqual([]);
    untrusted.close(file);
  },
);

/** A spec that leaves a trace when it runs. */
const program = (trace: string): string =>
  `import { writeFileSync } from "node:fs";\nwriteFileSync(${JSON.stringify(trace)}, "ran");\n` +
  `console.log("to the protocol");\nexport default ${JSON.stringify(specWith({ network: [{ type: "dense", units: -3 }] }))};\n`;

it("never runs a spec in TypeScript without consent", async () => {
  const [file, trace] = [join(folder, "a.tapeless.ts"), join(outer, "trace-1")];
  writeFileSync(file, program(trace));
  untrusted.open(file, program(trace), "typescript");
  untrusted.change(file, `${program(trace)}\n`);
  untrusted.save(file);
  for (const method of ["completion", "hover", "documentSymbol", "codeLens", "inlayHint"]) {
    const start = { line: 0, character: 0 };
    await untrusted.request(method, file, { position: start, range: { start, end: start } });
  }
  // A request of another document is answered after all work of this one.
  const other = join(folder, "b.tapeless.json");
  untrusted.open(other, "{");
  expect(await untrusted.diagnostics(other)).toHaveLength(1);
  expect(existsSync(trace)).toBe(false);
});

it("runs a spec in TypeScript when it is saved, with the consent of the user", async () => {
  const [file, trace] = [join(folder, "b.tapeless.ts"), join(outer, "trace-2")];
  writeFileSync(file, program(trace));
  trusted.open(file, program(join(outer, "trace-3")), "typescript");
  trusted.save(file);
  const [{ message, range }] = await trusted.diagnostics(file);
  expect(message).toBe("network[0].units must be a positive integer, got -3");
  expect(range.start.line).toBe(3);
  expect([existsSync(trace), existsSync(join(outer, "trace-3"))]).toEqual([true, false]);
});

it.each([
  ["ends the process", "process.exit(0);"],
  [
    "throws later",
    'setTimeout(() => { throw new Error("late"); }); await new Promise(() => setTimeout(() => {}, 1e6));',
  ],
])("survives a spec in TypeScript that %s", async (_, code) => {
  const file = join(folder, "c.tapeless.ts");
  writeFileSync(file, code);
  trusted.open(file, code, "typescript");
  trusted.save(file);
  expect((await trusted.diagnostics(file)).map(({ code }) => code)).toEqual(["T1009"]);
  trusted.close(file);
});
