// The compiler as web pages contain it, run without Node's globals. If a test fails, its output differs from
// that of the command line, or it does not run in a browser.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { CompileReply, CompilerRequest, PageFiles } from "../../../src/studio/browser/messages.ts";
import { compile } from "../../../src/compiler/compile.ts";
import { workerFiles } from "../../../src/studio/web/playground-code.ts";

type Texts = Readonly<Record<"libraries" | "compiler", string>> & {
  readonly data: Readonly<Record<string, string>>;
};

/** The global scope of the worker has only what real workers have. */
async function startCompiler(): Promise<(text: string, files?: PageFiles) => Promise<CompileReply[]>> {
  const scope: { tapelessTexts?: Texts } & Record<string, unknown> = {};
  const answers: CompileReply[] = [];
  Object.assign(scope, { setTimeout, performance, TextEncoder, TextDecoder, console, btoa });
  scope.self = scope;
  scope.postMessage = (answer: CompileReply) => answers.push(answer);
  createContext(scope);
  for (const script of (await workerFiles()).files.values()) runInContext(script, scope);
  const texts = scope.tapelessTexts;
  if (texts === undefined) throw new Error("the scripts left no texts");
  for (const script of [texts.libraries, texts.compiler]) runInContext(script, scope);
  let id = 0;
  const ask = (question: CompilerRequest) => {
    scope.question = question;
    runInContext("onmessage({ data: question })", scope);
  };
  const answered = async (last: CompileReply["kind"]) => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const own = answers.filter((answer) => answer.id === id);
      if (own.some(({ kind }) => kind === "errors" || kind === last)) return own;
    }
  };
  return async (text, files = texts.data) => {
    ask({ kind: "compile", id: ++id, text, files });
    await answered("trainer");
    ask({ kind: "explain", id });
    return answered("explanation");
  };
}

describe("the compiler's worker", async () => {
  const compileInPage = await startCompiler();

  it.each(["iris", "digits"])("emits %s with the bytes of the command line", async (name) => {
    const text = readFileSync(`graphs/${name}.json`, "utf8");
    const answers = await compileInPage(text);
    const code = answers.find((answer) => answer.kind === "explanation")?.explanation.code.text;
    expect(code).toBe((await compile(JSON.parse(text))).code);
    expect(code).toBe(readFileSync(`generated/${name}.ts`, "utf8"));
  });

  it("reads YAML, and prepares data from the page", async () => {
    const [first] = await compileInPage(readFileSync("graphs/two-moons.yaml", "utf8"));
    expect(first.kind === "trainer" && first.trainer.problem).toBe(undefined);
    expect(first.kind === "trainer" && first.trainer.data?.train.moon.length).toBe(600);
  });

  it("takes the bytes of a model file from the page", async () => {
    const folder = "graphs/fine-tune";
    const files = {
      "body.onnx": Uint8Array.from(readFileSync(`${folder}/body.onnx`)),
      "digits-5-to-9.csv": readFileSync(`${folder}/digits-5-to-9.csv`, "utf8"),
    };
    const text = readFileSync(`${folder}/fine-tune.yaml`, "utf8");
    const answers = await compileInPage(text, files);
    const [first] = answers;
    expect(first.kind === "trainer" && first.trainer.problem).toBe(undefined);
    const code = answers.find((answer) => answer.kind === "explanation")?.explanation.code.text;
    expect(code).toBe(readFileSync("generated/fine-tune.ts", "utf8"));
    const [reply] = await compileInPage(text, {});
    expect(reply.kind === "errors" && reply.diagnostics[0].code).toBe("T1001");
  });

  it("reports the line and column of an error", async () => {
    const [reply] = await compileInPage('{\n  "name": "x",\n  "netwrk": []\n}');
    if (reply.kind !== "errors") throw new Error(`errors expected, not ${reply.kind}`);
    const typo = reply.diagnostics.find(({ message }) => message.includes("netwrk"));
    expect(typo?.location).toMatchObject({ line: 3, column: 3 });
    expect(typo?.hint).toContain("network");
  });

  it("never runs a spec: it treats a TypeScript module as text, and rejects it", async () => {
    const [reply] = await compileInPage("export default (globalThis.wasRun = true);");
    expect(reply.kind).toBe("errors");
  });
});
