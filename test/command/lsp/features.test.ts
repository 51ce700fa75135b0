// The features of the language server, in a workspace with a spec and its data. If a test fails, an editor completes,
// explains, renames or finds the wrong thing, or its hints differ from `tapeless inspect`.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { stringify } from "yaml";
import type {
  CodeAction,
  CodeLens,
  CompletionItem,
  DocumentSymbol,
  Hover,
  InlayHint,
  Location,
  Position,
  TextEdit,
  WorkspaceEdit,
} from "vscode-languageserver-protocol";
import { languageClient, uriOf } from "../../support/language-client.ts";
import type { LanguageClient } from "../../support/language-client.ts";
import { runTapeless } from "../../support/run-tapeless.ts";

let folder: string;
let file: string;
let client: LanguageClient;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "tapeless-lsp-"));
  file = join(folder, "net.tapeless.json");
  writeFileSync(join(folder, "table.csv"), 'height,"the width",kind\n1,2,0\n');
  client = await languageClient([folder]);
});
afterAll(async () => {
  expect(await client.end()).toBe(0);
  expect(client.stderr()).toBe("");
  rmSync(folder, { recursive: true, force: true });
});

const spec = {
  name: "net",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units: 8, activation: "gelu" },
    { type: "dense", units: 8, name: "wide", from: "x" },
    {
      type: "residual",
      layers: [
        { type: "dense", units: 8 },
        { type: "dropout", rate: 0.1 },
      ],
    },
    { type: "add", from: ["dense1", "wide", "residual1"] },
    { type: "dense", units: 3, name: "scores" },
  ],
  output: "scores",
  loss: "cross-entropy",
  optimizer: "adam",
  training: { epochs: 1, batchSize: 2 },
  data: { file: "table.csv", inputs: { x: { columns: ["height"] } }, targets: { y: { columns: ["kind"] } } },
};
const json = JSON.stringify(spec, undefined, 2);

const yaml = stringify(spec);
/** The file for a text in JSON or YAML. */
const fileOf = (text: string): string => (text.startsWith("{") ? file : file.replace("json", "yaml"));

/** The position after `before`, which must occur in the text once. */
function after(text: string, before: string): Position {
  expect(text.split(before), before).toHaveLength(2);
  const lines = text.slice(0, text.indexOf(before) + before.length).split("\n");
  return { line: lines.length - 1, character: lines[lines.length - 1].length };
}

const labels = async (text: string, before: string): Promise<readonly string[]> => {
  client.open(file, text);
  const items = await client.request<CompletionItem[]>("completion", file, { position: after(text, before) });
  client.close(file);
  return items.map(({ label }) => label);
};

/** The text after the edits, which must not overlap. */
function edited(text: string, edits: readonly TextEdit[]): string {
  const lines = text.split("\n");
  const offset = ({ line, character }: Position) =>
    lines.slice(0, line).reduce((sum, each) => sum + each.length + 1, 0) + character;
  return [...edits]
    .sort((a, b) => offset(b.range.start) - offset(a.range.start))
    .reduce(
      (now, { range, newText }) => now.slice(0, offset(range.start)) + newText + now.slice(offset(range.end)),
      text,
    );
}

describe("completion", () => {
  it("suggests keys that are missing, with their documentation", async () => {
    const text = json.replace('"epochs": 1', '"epochs": 1,\n    "');
    client.open(file, text);
    const position = after(text, '"epochs": 1,\n    "');
    const items = await client.request<CompletionItem[]>("completion", file, { position });
    client.close(file);
    const found = items.find(({ label }) => label === "seed");
    expect(found?.textEdit).toMatchObject({ newText: '"seed": ' });
    expect(JSON.stringify(found?.documentation)).toContain("seed");
    expect(items.map(({ label }) => label)).not.toContain("batchSize");
  });

  it("suggests names of layers, activations, losses and optimizers", async () => {
    expect(await labels(json.replace('"dropout"', '"drop"'), '"drop')).toContain("dropout");
    expect(await labels(json, '"activation": "ge')).toEqual(expect.arrayContaining(["gelu", "relu"]));
    expect(await labels(json, '"loss": "')).toContain("cross-entropy");
    expect(await labels(json, '"optimizer": "')).toContain("lion");
  });

  it("suggests the layers and inputs that a layer can read", async () => {
    const text = json.replace('"wide",\n        "res', '"wi",\n        "res');
    expect(await labels(text, '"dense1",\n        "wi')).toEqual(["dense1", "wide", "residual1", "x"]);
    const output = json.replace('"output": "scores"', '"output": "sco"');
    expect(await labels(output, '"output": "sco')).toEqual(["dense1", "wide", "residual1", "add1", "scores"]);
  });

  it("suggests the columns of the data file", async () => {
    expect(await labels(json, '"hei')).toEqual(["height", "the width", "kind"]);
  });

  it("completes YAML at an empty value", async () => {
    const text = stringify(spec).replace("loss: cross-entropy", "loss: ");
    expect(await labels(text, "loss: ")).toContain("cross-entropy");
  });
});

describe("hover", () => {
  const hover = async (text: string, before: string): Promise<string> => {
    const path = fileOf(text);
    client.open(path, text);
    const found = await client.request<Hover | null>("hover", path, { position: after(text, before) });
    client.close(path);
    return JSON.stringify(found?.contents).replaceAll("\\n", "\n").replaceAll('\\"', '"');
  };

  it("shows the equations, derivatives, keys and defaults of a layer", async () => {
    const text = await hover(json, '"type": "add');
    expect(text).toContain("add1 = dense1 + wide + residual1");
    const scores = await hover(json, ']\n    },\n    {\n      "type": "den');
    expect(scores).toContain("scores = add1 · scores.weight + scores.bias");
    expect(scores).toContain("∂L/∂scores.weight = add1ᵀ · ∂L/∂y");
    expect(scores).toContain('`activation`: a name or an object, `"linear"` by default');
    expect(scores).toContain("Source: docs/layers.md");
  });

  it("derives activations and losses alone, also in a spec with errors", async () => {
    const broken = json.replace('"units": 3', '"units": -3');
    expect(await hover(broken, '"activation": "ge')).toContain("erf(0.707107… · x)");
    expect(await hover(broken, '"loss": "cross')).toContain(
      "∂L/∂prediction = ∂L/∂row_loss ⊙ (softmax − onehot)",
    );
  });

  it("shows the equations, keys and defaults of optimizers, schedules, metrics and regularization", async () => {
    const text = `optimizer:
  type: adam
  learningRate: { type: cosine, initial: 0.1, steps: 100 }
metrics: [accuracy, r2]
regularization: { l2: 0.01 }
`;
    const at = (before: string) => hover(text, before);
    const adam = await at("type: ad");
    expect(adam).toContain("next_mean = 0.9 · mean + (1 − 0.9) · gradients");
    expect(adam).toContain("`beta2`: a number in [0, 1), `0.999` by default");
    expect(adam).toContain("Source: docs/spec.md");
    const cosine = await at("type: cos");
    expect(cosine).toContain("learningRate = 0.05 · (1 + cos(");
    expect(cosine).not.toContain("next_parameters");
    expect(await at("metrics: [acc")).toContain("is_right = [predicted_class = target]");
    const r2 = await at("accuracy, r");
    expect(r2).toContain("summary_r2 = 1 − r2.residual / (r2.squares − r2.total² / r2.count)");
    expect(r2).not.toContain("totals_");
    expect(await at("regul")).toContain("loss = mean_loss + 0.01 · prediction.weight_squares");
    expect(await at("{ l")).toContain("Source: docs/spec.md");
  });

  it("describes a key", async () => {
    expect(await hover(json, '"batch')).toContain("The number of rows in a batch.");
  });
});

it("shows the numbers of `tapeless inspect` as inlay hints", async () => {
  for (const name of ["digits.json", "iris.json", "wine.yaml"]) {
    const path = join(folder, name.replace(".", ".tapeless."));
    const text = readFileSync(new URL(`../../../graphs/${name}`, import.meta.url), "utf8");
    writeFileSync(path, text);
    client.open(path, text);
    const range = { start: { line: 0, character: 0 }, end: { line: 9999, character: 0 } };
    const hints = await client.request<InlayHint[]>("inlayHint", path, { range });
    const { stdout } = await runTapeless(folder, ["inspect", path, "--json"]);
    const { layers } = JSON.parse(stdout);
    const count = (value: number, one: string) =>
      value === 0 ? [] : [`${value.toLocaleString("en-US")} ${one}${value === 1 ? "" : "s"}`];
    const expected = layers.map((layer: { output: number[]; count: number; bytes: number; flops: number }) =>
      [
        `[${layer.output.join(", ")}]`,
        ...count(layer.count, "parameter"),
        ...count(layer.bytes, "byte"),
        ...count(layer.flops, "FLOP"),
      ].join(", "),
    );
    expect(
      hints.map(({ label }) => label),
      name,
    ).toEqual(expected);
    expect(hints.length).toBeGreaterThan(0);
  }
});

describe("names", () => {
  it.each([
    ["JSON", json, '"add",\n      "from": [\n        "dense1",\n        "wi', '"name": "wi'],
    ["YAML", yaml, "- dense1\n      - wi", "name: wi"],
  ])(
    "in %s lead from a reference to the layer, and a rename changes both",
    async (_, text, reference, declared) => {
      const path = fileOf(text);
      client.open(path, text);
      const position = after(text, reference);
      const { range } = await client.request<Location>("definition", path, { position });
      expect(range.start.line).toBe(after(text, declared).line);
      const { changes } = await client.request<WorkspaceEdit>("rename", path, { position, newName: "broad" });
      const renamed = edited(text, changes?.[uriOf(path)] ?? []);
      expect(renamed).toBe(text.replaceAll(/\bwide\b/g, "broad"));
      client.change(path, renamed);
      expect(await client.diagnostics(path)).toEqual([]);
      client.close(path);
    },
  );

  it.each([
    ["JSON", json, '"from": [\n        "den'],
    ["YAML", yaml, "from:\n      - den"],
  ])(
    "a layer in %s with a default name gets the new one, and `output` follows",
    async (_, text, reference) => {
      const path = fileOf(text);
      client.open(path, text);
      const position = after(text, reference);
      const { changes } = await client.request<WorkspaceEdit>("rename", path, { position, newName: "first" });
      const renamed = edited(text, changes?.[uriOf(path)] ?? []);
      expect(renamed).toMatch(/name"?: "?first/);
      client.change(path, renamed);
      expect(await client.diagnostics(path)).toEqual([]);
      const at = after(renamed, renamed.startsWith("{") ? '"output": "sc' : "output: sc");
      const scores = await client.request<WorkspaceEdit>("rename", path, { position: at, newName: "logits" });
      const whole = edited(renamed, scores.changes?.[uriOf(path)] ?? []);
      client.change(path, whole);
      expect(await client.diagnostics(path)).toEqual([]);
      expect(whole).toMatch(/output"?: "?logits/);
      client.close(path);
    },
  );

  it("refuses names that are in use or invalid", async () => {
    const path = file;
    client.open(path, json);
    const position = after(json, '"name": "wi');
    const rename = (newName: string) => client.request("rename", path, { position, newName });
    await expect(rename("scores")).rejects.toThrow('"scores" is already the name of an input or a layer');
    await expect(rename("a b")).rejects.toThrow("a name has at most 64 letters");
    client.close(path);
  });
});

it("offers the word of a hint as a quick fix, which removes the error", async () => {
  for (const text of [
    json.replace('"units": 3', '"unist": 3'),
    yaml.replace("type: dropout", "type: dropuot"),
  ]) {
    const path = fileOf(text);
    client.open(path, text);
    const diagnostics = (await client.diagnostics(path)).filter(({ message }) =>
      String(message).includes("did you mean"),
    );
    const [{ edit }] = await client.request<CodeAction[]>("codeAction", path, {
      range: diagnostics[0].range,
      context: { diagnostics },
    });
    client.change(path, edited(text, edit?.changes?.[uriOf(path)] ?? []));
    expect(await client.diagnostics(path)).toEqual([]);
    client.close(path);
  }
});

it("lists the parts of a spec, and the commands above it", async () => {
  client.open(file, json);
  const symbols = await client.request<DocumentSymbol[]>("documentSymbol", file);
  const network = symbols.find(({ name }) => name === "network");
  expect(network?.children?.map(({ name, detail }) => `${name}: ${detail}`)).toEqual([
    "dense1: dense [8]",
    "wide: dense [8]",
    "residual1: residual [8]",
    "add1: add [8]",
    "scores: dense [3]",
  ]);
  expect(network?.children?.[2].children?.map(({ name }) => name)).toEqual(["dense1", "dropout1"]);
  const lenses = await client.request<CodeLens[]>("codeLens", file);
  expect(lenses.map(({ command }) => command?.arguments)).toEqual([
    ["train", file],
    ["verify", file],
    ["inspect", file],
  ]);
  client.close(file);
});
