// Reading spec files. If a test fails, the three formats give different models, or an error in a file has a
// wrong location.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../../src/compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../../../src/compiler/spec/read/read-spec.ts";
import { located } from "../../../../src/compiler/spec/read/spec-source.ts";
import { baseSpec } from "../base-spec.ts";

// A folder in which no package can be resolved, and which has no package.json.
let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tapeless-read-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function write(name: string, content: string | Uint8Array): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, content);
  return file;
}

/** The rendered error of reading a file, without the folder. */
async function faultOf(name: string, content?: string | Uint8Array): Promise<string> {
  const file = content === undefined ? join(folder, name) : await write(name, content);
  try {
    await readSpec(file);
    return "no fault";
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.message.replaceAll(`${folder}/`, "");
  }
}

const json = JSON.stringify(baseSpec(), null, 2);
const yaml = `
name: small # YAML has comments
inputs: { x: { shape: [4] } }
targets: { y: { classes: 3 } }
network:
  - type: dense
    units: 5
    activation: relu
  - { type: dense, units: 3 }
loss: cross-entropy
optimizer: { type: sgd, learningRate: 0.1 }
training: { epochs: 2, batchSize: 6 }
`;
const typescript = `
import { defineModel } from "tapeless";
import { width } from "./width.ts";
const units: number = width;
export default defineModel({
  name: "small",
  inputs: { x: { shape: [4] } },
  targets: { y: { classes: 3 } },
  network: [
    { type: "dense", units, activation: "relu" },
    { type: "dense", units: 3 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "sgd", learningRate: 0.1 },
  training: { epochs: 2, batchSize: 6 },
});
`;

describe("the three formats give one model", () => {
  const model = parseModel(baseSpec());

  it.each([
    ["small.json", json],
    ["marked.json", `\ufeff${json}`],
    ["windows.json", json.replaceAll("\n", "\r\n")],
    ["small.yaml", yaml],
    ["small.yml", json],
  ])("%s", async (name, content) => {
    expect((await readSpec(await write(name, content))).model).toEqual(model);
  });

  it.each([
    ["in a folder without a package", undefined],
    ["in a CommonJS package", '{ "type": "commonjs" }'],
    ["in an ES module package", '{ "type": "module" }'],
  ])("small.ts %s can be read where the package `tapeless` cannot be resolved", async (_, manifest) => {
    const name = `package-${manifest?.length ?? 0}`;
    await mkdir(join(folder, name));
    if (manifest) await write(`${name}/package.json`, manifest);
    await write(`${name}/width.ts`, "export const width: number = 5;");
    expect((await readSpec(await write(`${name}/small.ts`, typescript))).model).toEqual(model);
  });
});

describe("errors in files are reported", () => {
  it("a file that does not exist, with a similar one", async () => {
    await write("digits.json", json);
    expect(await faultOf("digit.json")).toBe(
      'digit.json error T1001: the file does not exist\n  hint: did you mean "digits.json"?',
    );
  });

  it("a name that no file can have", async () => {
    expect(await faultOf(`${"x".repeat(300)}.json`)).toMatch(
      /error T1001: the file cannot be read: its name is too long$/,
    );
  });

  it("a folder", async () => {
    await mkdir(join(folder, "folder.json"));
    expect(await faultOf("folder.json")).toBe("folder.json error T1002: this is a folder, not a spec file");
  });

  it("an empty file", async () => {
    expect(await faultOf("empty.json", " \n")).toBe(
      "empty.json error T1003: the file is empty\n  hint: write one object; docs/getting-started.md has an example",
    );
  });

  it("a file of another kind", async () => {
    expect(await faultOf("spec.toml", "")).toBe(
      "spec.toml error T1008: a spec must be a .json, .yaml, .yml or .ts file",
    );
  });

  it("an ONNX model, with the commands that read one", async () => {
    expect(await faultOf("model.onnx", "")).toBe(
      "model.onnx error T1008: a spec must be a .json, .yaml, .yml or .ts file\n" +
        "  hint: `tapeless inspect` shows an ONNX model, and `tapeless import` writes a spec for it",
    );
  });

  it("bytes that are not UTF-8, with the line of the first", async () => {
    const bytes = Buffer.concat([
      Buffer.from('{\n  "name": "'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"\n}'),
    ]);
    expect(await faultOf("latin.json", bytes)).toBe(
      [
        "latin.json:2:12 error T1004: the file is not UTF-8 text",
        "  1 | {",
        '> 2 |   "name": "\ufffd\ufffd"',
        "    |            ^",
        "  3 | }",
      ].join("\n"),
    );
  });
});

describe("syntax errors are reported", () => {
  it("a syntax error in JSON", async () => {
    expect(await faultOf("comma.json", '{\n  "name": "a",\n}')).toBe(
      [
        'comma.json:2:14 error T1005: JSON does not allow a comma before "}"',
        "  1 | {",
        '> 2 |   "name": "a",',
        "    |              ^",
        "  3 | }",
      ].join("\n"),
    );
  });

  it("a key given twice in JSON", async () => {
    expect(await faultOf("twice.json", '{\n  "name": "a",\n  "name": "b"\n}')).toBe(
      [
        'twice.json:3:3 error T1007: duplicate key "name"',
        "  1 | {",
        '  2 |   "name": "a",',
        '> 3 |   "name": "b"',
        "    |   ^^^^^^",
        "  4 | }",
        "  hint: remove one of the two",
        "  note: the first one is at line 2",
      ].join("\n"),
    );
  });

  it("a key given twice in YAML", async () => {
    expect(await faultOf("twice.yaml", "name: a\nname: b")).toBe(
      [
        'twice.yaml:2:1 error T1007: duplicate key "name"',
        "  1 | name: a",
        "> 2 | name: b",
        "    | ^^^^",
        "  hint: remove one of the two",
        "  note: the first one is at line 1",
      ].join("\n"),
    );
  });

  it("a syntax error in YAML", async () => {
    expect(await faultOf("open.yaml", "name: [a\nloss: b")).toMatch(/^open\.yaml:2:\d+ error T1005: /);
  });

  it("several documents in YAML", async () => {
    expect(await faultOf("two.yaml", `${yaml}---\nname: other\n`)).toMatch(
      /^two\.yaml:13:1 error T1005: the file contains more than one YAML document, but a spec must be a single document\n[^]*hint: remove/,
    );
  });

  it("an alias bomb in YAML", async () => {
    const levels = Array.from(
      { length: 9 },
      (_, level) =>
        `l${level}: &l${level} [${Array(9)
          .fill(level ? `*l${level - 1}` : "x")
          .join(", ")}]`,
    );
    expect(await faultOf("bomb.yaml", levels.join("\n"))).toMatch(
      /^bomb\.yaml:1:1 error T1006: the aliases expand to more than 100 copies, which is the limit/,
    );
  });

  it.each(["[", "- ", "? "])("endless nesting in YAML: %s", async (opening) => {
    expect(await faultOf("deep.yaml", opening.repeat(20_000))).toMatch(/error T100[56]: /);
  });

  it("a tag that would change values in YAML", async () => {
    expect(await faultOf("tag.yaml", "name: !!js/function 'process.exit()'")).toMatch(
      /^tag\.yaml:1:7 error T1005: Unresolved tag/,
    );
  });

  it("a syntax error in TypeScript", async () => {
    expect(await faultOf("broken.ts", "export default {\n  name: = 3\n};")).toBe(
      [
        'broken.ts:2:9 error T1005: Unexpected "="',
        "  1 | export default {",
        "> 2 |   name: = 3",
        "    |         ^",
        "  3 | };",
      ].join("\n"),
    );
  });

  it("an import that cannot be resolved", async () => {
    expect(await faultOf("lost.ts", 'import { a } from "./nowhere.ts";\nexport default a;')).toMatch(
      /^lost\.ts:1:19 error T1005: Could not resolve ".\/nowhere.ts"/,
    );
  });

  it("a TypeScript file that exports nothing", async () => {
    expect(await faultOf("nothing.ts", "export const model = 1;")).toMatch(
      /^nothing\.ts:1:1 error T1009: the file has no default export\n[^]*hint: end the file with: export default defineModel\(\{ … \}\)$/,
    );
  });

  it("a TypeScript file that throws", async () => {
    expect(await faultOf("throws.ts", 'throw new Error("no units");')).toMatch(
      /^throws\.ts:1:1 error T1009: the file throws when it is run: Error: no units\n/,
    );
  });
});

describe("errors in values have a location", () => {
  it("in JSON", async () => {
    expect(await faultOf("width.json", json.replace('"units": 3', '"units": -3'))).toBe(
      [
        "width.json:23:16 error T1203: network[1].units must be a positive integer, got -3",
        "  21 |     {",
        '  22 |       "type": "dense",',
        '> 23 |       "units": -3',
        "     |                ^^",
        "  24 |     }",
        "  25 |   ],",
      ].join("\n"),
    );
  });

  it("in YAML", async () => {
    expect(await faultOf("width.yaml", yaml.replace("units: 3", "units: -3"))).toMatch(
      /^width\.yaml:9:27 error T1203: network\[1\]\.units must be a positive integer, got -3\n/,
    );
  });

  it("in TypeScript, if they are literal", async () => {
    expect(
      await faultOf(
        "literal.ts",
        typescript.replace("units: 3", "units: -3").replace("./width.ts", "./package-0/width.ts"),
      ),
    ).toMatch(/^literal\.ts:11:29 error T1203: network\[1\]\.units must be a positive integer, got -3\n/);
  });

  it("in TypeScript, through constants and assertions", async () => {
    const text =
      'const network = [{ type: "dens" as string, units: 3 }] as const;\nexport default { network } satisfies object;';
    expect(await faultOf("constant.ts", text)).toContain(
      'constant.ts:1:26 error T1103: network[0].type: unknown layer "dens"',
    );
  });

  it("of a missing key: the object that lacks it", async () => {
    expect(await faultOf("missing.yaml", yaml.replace(", units: 3", ""))).toMatch(
      /^missing\.yaml:9:5 error T1102: network\[1\]\.units is missing/,
    );
  });

  it("of a key: the key itself", async () => {
    expect(await faultOf("key.yaml", yaml.replace("units: 3", "unit: 3"))).toMatch(
      /key\.yaml:9:20 error T1101: network\[1\]: unknown key "unit"/,
    );
  });

  it("inside blocks, of errors of the schema and of those that building finds", async () => {
    const blocks = yaml.replace(
      "  - { type: dense, units: 3 }",
      `  - type: repeat
    times: 2
    layers:
      - type: residual
        layers:
          - layer-norm
          - { type: dense, units: 7 }
  - { type: dense, units: 3 }`,
    );
    expect(await faultOf("schema.yaml", blocks.replace("units: 7", "units: -7"))).toMatch(
      /^schema\.yaml:15:35 error T1203: network\[1\]\.layers\[0\]\.layers\[1\]\.units must be a positive integer, got -7\n/,
    );
    const { source, model } = await readSpec(await write("built.yaml", blocks));
    await expect(located(source, () => buildGraphs(model, "f32"))).rejects.toThrow(
      /built\.yaml:12:9 error T1308: network\[1\]\.layers\[0\]: repeat1\.1\.residual1 adds its input to the output of its last layer/,
    );
  });

  it("of errors that a later stage finds", async () => {
    const { source } = await readSpec(await write("later.json", json));
    const late = () => {
      throw new DiagnosticError([
        { code: "T1310", severity: "error", path: ["network", 1], message: "network[1] does not fit" },
      ]);
    };
    await expect(located(source, late)).rejects.toThrow(
      "later.json:21:5 error T1310: network[1] does not fit\n",
    );
  });

  it("of valid values, in each format; for a default, of the enclosing value", async () => {
    const given = typescript.replace("./width.ts", "./package-0/width.ts");
    const placeIn = async (name: string, text: string, path: (string | number)[]) => {
      const { source } = await readSpec(await write(name, text));
      return source.locationOf(path);
    };
    expect(await placeIn("place.json", json, ["network", 1])).toEqual({ line: 21, column: 5 });
    expect(await placeIn("place.yaml", yaml, ["network", 0])).toEqual({ line: 6, column: 5 });
    expect(await placeIn("place.ts", given, ["network", 1])).toEqual({ line: 11, column: 5 });
    expect(await placeIn("place.yaml", yaml, ["training", "seed"])).toEqual({ line: 12, column: 11 });
    expect(
      await placeIn(
        "computed.ts",
        given.replace("export default ", "const spec = ") + "export default { ...spec };",
        ["name"],
      ),
    ).toEqual({ line: 17, column: 16 });
  });
});
