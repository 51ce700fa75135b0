// The compiler as pages carry it, run without anything that Node has: what it emits must be what the command
// line emits.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type { CompileAnswer, Question } from "../../../src/studio/browser/messages.ts";
import { compile } from "../../../src/compiler/compile.ts";
import { workerFiles } from "../../../src/studio/web/playground-code.ts";

type Texts = Readonly<Record<"libraries" | "compiler", string>> & {
  readonly data: Readonly<Record<string, string>>;
};

/** The worker's global scope has what workers have, and no more. */
async function startCompiler(): Promise<(text: string) => Promise<CompileAnswer[]>> {
  const scope: { tapelessTexts?: Texts } & Record<string, unknown> = {};
  const answers: CompileAnswer[] = [];
  Object.assign(scope, { setTimeout, performance, TextEncoder, TextDecoder, console });
  scope.self = scope;
  scope.postMessage = (answer: CompileAnswer) => answers.push(answer);
  createContext(scope);
  for (const script of (await workerFiles()).files.values()) runInContext(script, scope);
  const texts = scope.tapelessTexts;
  if (texts === undefined) throw new Error("the scripts left no texts");
  for (const script of [texts.libraries, texts.compiler]) runInContext(script, scope);
  let id = 0;
  const ask = (question: Question) => {
    scope.question = question;
    runInContext("onmessage({ data: question })", scope);
  };
  const answered = async (last: CompileAnswer["kind"]) => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const own = answers.filter((answer) => answer.id === id);
      if (own.some(({ kind }) => kind === "faults" || kind === last)) return own;
    }
  };
  return async (text) => {
    ask({ kind: "compile", id: ++id, text, files: texts.data });
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

  it("reads YAML, and prepares the data that the page carries", async () => {
    const [first] = await compileInPage(readFileSync("graphs/two-moons.yaml", "utf8"));
    expect(first.kind === "trainer" && first.trainer.problem).toBe(undefined);
    expect(first.kind === "trainer" && first.trainer.data?.train.moon.length).toBe(600);
  });

  it("tells the line and column of what is wrong", async () => {
    const [faults] = await compileInPage('{\n  "name": "x",\n  "netwrk": []\n}');
    if (faults.kind !== "faults") throw new Error(`faults expected, not ${faults.kind}`);
    const typo = faults.diagnostics.find(({ message }) => message.includes("netwrk"));
    expect(typo?.location).toMatchObject({ line: 3, column: 3 });
    expect(typo?.hint).toContain("network");
  });

  it("never runs a spec: what is a TypeScript module is read as text, and refused", async () => {
    const [faults] = await compileInPage("export default (globalThis.wasRun = true);");
    expect(faults.kind).toBe("faults");
  });
});
