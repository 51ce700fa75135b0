// The compiler as web pages contain it, run without Node's globals. If a test fails, its output differs from
// that of the command line, or it does not run in a browser.
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { describe, expect, it } from "vitest";
import type {
  CompileReply,
  CompilerRequest,
  PageFiles,
  PartRequest,
} from "../../../src/studio/browser/messages.ts";
import { compile } from "../../../src/compiler/compile.ts";
import { workerFiles } from "../../../src/studio/web/playground-code.ts";

type Texts = Readonly<Record<"libraries" | "compiler", string>> & {
  readonly data: Readonly<Record<string, string>>;
};

type Part = PartRequest["kind"];

const defaultParts: readonly Part[] = ["trainer"];

interface PageCompiler {
  /** Requests parts of the result of a text, by default its trainer, and returns them, or errors. */
  compile(
    text: string,
    options?: { readonly files?: PageFiles; readonly parts?: readonly Part[] },
  ): Promise<CompileReply[]>;
  /** The kinds of all replies to these texts, which are sent at once, with requests for the same parts. */
  repliesTo(texts: readonly string[], parts: readonly Part[]): Promise<(readonly string[])[]>;
}

/** The global scope of the worker has only what real workers have. */
async function startCompiler(): Promise<PageCompiler> {
  const scope: { tapelessTexts?: Texts } & Record<string, unknown> = {};
  const replies: CompileReply[] = [];
  Object.assign(scope, { setTimeout, performance, TextEncoder, TextDecoder, console, btoa });
  Object.assign(scope, { Blob, DecompressionStream });
  scope.self = scope;
  scope.postMessage = (reply: CompileReply) => replies.push(reply);
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
  const repliesOf = (of: number) => replies.filter((reply) => reply.id === of);
  const received = async (last: CompileReply["kind"]) => {
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      const own = repliesOf(id);
      if (own.some(({ kind }) => kind === "errors" || kind === last))
        return own.filter(({ kind }) => kind !== "compiled");
    }
  };
  const send = (text: string, parts: readonly Part[]) => {
    ask({ kind: "compile", id: ++id, text });
    for (const kind of parts) ask({ kind, id });
  };
  const lastOf = (parts: readonly Part[]) => parts.at(-1) ?? "compiled";
  return {
    compile(text, { files: contents = texts.data, parts = defaultParts } = {}) {
      ask({ kind: "files", files: { contents, version: id } });
      send(text, parts);
      return received(lastOf(parts));
    },
    async repliesTo(all, parts) {
      const first = id + 1;
      for (const text of all) send(text, parts);
      await received(lastOf(parts));
      return all.map((_, i) => repliesOf(first + i).map(({ kind }) => kind));
    },
  };
}

describe("the compiler's worker", async () => {
  const { compile: compileInPage, repliesTo } = await startCompiler();

  it.each(["iris", "digits"])("emits %s with the bytes of the command line", async (name) => {
    const text = readFileSync(`graphs/${name}.json`, "utf8");
    const replies = await compileInPage(text, { parts: ["code"] });
    const code = replies.find((reply) => reply.kind === "code")?.code.text;
    expect(code).toBe((await compile(JSON.parse(text))).code);
    expect(code).toBe(readFileSync(`generated/${name}.ts`, "utf8"));
  });

  it("replies in the order of the requests, and drops the requests for an older text", async () => {
    const text = readFileSync("graphs/perceptron.json", "utf8");
    const replies = await repliesTo([text, text.replace("perceptron", "other")], ["code", "trainer"]);
    expect(replies).toEqual([[], ["compiled", "code", "trainer"]]);
  });

  it("emits a trainer whose outputs are the values of the layers", async () => {
    const replies = await compileInPage(readFileSync("graphs/digits.json", "utf8"), { parts: ["layers"] });
    const layers = replies.find((reply) => reply.kind === "layers")?.layers;
    if (layers === undefined || "problem" in layers) throw new Error("layers expected");
    expect(layers.layers).toEqual([
      {
        name: "dense1",
        type: "dense",
        shape: [64],
        from: ["pixels"],
        weight: "dense1.weight",
        bias: "dense1.bias",
      },
      {
        name: "dense2",
        type: "dense",
        shape: [10],
        from: ["dense1"],
        weight: "dense2.weight",
        bias: "dense2.bias",
      },
    ]);
    expect(Object.keys(layers.facts.targets)).toEqual(["dense1", "dense2"]);
  });

  it.each([
    ["a sequence", "texts.yaml", /numbers, not categories or sequences/],
    ["many layers", "deep.json", /has 13 layers. The picture shows up to 12/],
    ["a large layer", "wide.json", /dense1 has 5000 values. The picture shows up to 4096/],
  ])("says why it does not show the layers of %s", async (_, file, message) => {
    const dense = (units: number) => ({ type: "dense", units });
    const specOf = (inputs: object, network: readonly object[]) =>
      JSON.stringify({
        name: "x",
        inputs: { x: inputs },
        targets: { y: { shape: [1] } },
        network,
        loss: "mse",
        optimizer: "sgd",
        training: { epochs: 1, batchSize: 8 },
      });
    const specs: Readonly<Record<string, string>> = {
      "texts.yaml": specOf({ shape: [4], dtype: "i32" }, [
        { type: "embedding", vocabulary: 5, units: 2 },
        { type: "flatten" },
        dense(1),
      ]),
      "deep.json": specOf(
        { shape: [2] },
        Array.from({ length: 13 }, () => dense(1)),
      ),
      "wide.json": specOf({ shape: [2] }, [dense(5000), dense(1)]),
    };
    const replies = await compileInPage(specs[file], { parts: ["layers"] });
    const reply = replies.find(({ kind }) => kind === "layers");
    if (reply?.kind !== "layers") throw new Error(JSON.stringify(replies));
    expect("problem" in reply.layers && reply.layers.problem).toMatch(message);
  });

  it("reads YAML, and prepares data from the page", async () => {
    const [first] = await compileInPage(readFileSync("graphs/two-moons.yaml", "utf8"));
    expect(first.kind === "trainer" && first.trainer.problem).toBe(undefined);
    expect(first.kind === "trainer" && first.trainer.data?.train.moon.length).toBe(600);
  });

  describe("with a model file and packed data", () => {
    const folder = "graphs/fine-tune";
    const bytesOf = (name: string) => Uint8Array.from(readFileSync(`${folder}/${name}`));
    const text = readFileSync(`${folder}/fine-tune.yaml`, "utf8");
    const files = {
      "body.onnx": bytesOf("body.onnx"),
      "digits-5-to-9.csv.gz": bytesOf("digits-5-to-9.csv.gz"),
    };

    it("emits the bytes of the command line, and says what frozen layers save", async () => {
      const replies = await compileInPage(text, { files, parts: ["trainer", "code"] });
      const [first] = replies;
      expect(first.kind === "trainer" && first.trainer.problem).toBe(undefined);
      expect(first.kind === "trainer" && first.trainer.data?.train.digit.length).toBe(1200);
      const code = replies.find((reply) => reply.kind === "code")?.code.text;
      expect(code).toBe(readFileSync("generated/fine-tune.ts", "utf8"));
      const savings = replies.find((reply) => reply.kind === "savings")?.text;
      expect(savings).toMatch(/^frozen: body\. .* % saved\)$/);
    });

    it("names a file that the page does not have, and says how to load it", async () => {
      const [reply] = await compileInPage(text, { files: {} });
      expect(reply.kind === "errors" && reply.diagnostics).toMatchObject([
        {
          code: "T1001",
          message: 'network[1].file: cannot read "body.onnx": the playground does not have it',
          hint: "drop the file on this page, or select it with Load files",
        },
      ]);
      const [other] = await compileInPage(text, { files: { "body.onnx": files["body.onnx"] } });
      expect(other.kind === "trainer" && other.trainer.problem).toBe(
        'the playground does not have the data file "digits-5-to-9.csv.gz": ' +
          "drop the file on this page, or select it with Load files",
      );
    });

    it("reports a damaged file with its name", async () => {
      const cut = bytesOf("digits-5-to-9.csv.gz").slice(0, 1000);
      const [reply] = await compileInPage(text, { files: { ...files, "digits-5-to-9.csv.gz": cut } });
      expect(reply.kind === "trainer" && reply.trainer.problem).toBe(
        "digits-5-to-9.csv.gz: the gzip data is damaged or truncated",
      );
      const invalid = new Uint8Array([1, 2, 3]);
      const [other] = await compileInPage(text, { files: { ...files, "body.onnx": invalid } });
      expect(other.kind === "errors" && other.diagnostics[0].code).toBe("T3005");
    });

    it("gives each version of the files its own number, so that new data starts a new training", async () => {
      const versions = [];
      for (const each of [files, { ...files }]) {
        const [reply] = await compileInPage(text, { files: each });
        versions.push(reply.kind === "trainer" && reply.trainer.filesVersion);
      }
      expect(new Set(versions).size).toBe(2);
    });
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
