// The properties that the documentation promises for emitted files, checked for every small spec. If a test
// fails, a type checker, formatter or runtime rejects the code, or text of a spec has become code.
import { check } from "prettier";
import { ts } from "ts-morph";
import { describe, expect, it } from "vitest";
import { compile } from "../../src/compiler/compile.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import type { ModelSpec } from "../../src/compiler/spec/schema.ts";
import { engineChoicesIn, faultsOf, forbiddenIn } from "../support/code-faults.ts";
import { specs } from "../support/specs.ts";

const withData: ModelSpec = {
  ...specs.classifier,
  name: "with-data",
  data: {
    file: "data/some.csv",
    inputs: { x: { columns: ["a", "b", "c", "d"], scale: "standard" } },
    targets: { y: { columns: ["kind"] } },
  },
};

const withFolds: ModelSpec = {
  ...withData,
  name: "with-folds",
  training: { ...withData.training, validation: { folds: 3 } },
};

describe.each(Object.entries({ ...specs, withData, withFolds }))("%s", (_, spec) => {
  it.each(["f32", "f64"] as const)(
    "%s: strict, formatted, without casts or imports, the same every time and in every engine",
    async (dtype) => {
      const { code } = await compile(spec, { dtype });
      expect(faultsOf(code)).toEqual([]);
      expect(forbiddenIn(code)).toEqual([]);
      expect(engineChoicesIn(code)).toEqual([]);
      expect(await check(code, { parser: "typescript", printWidth: 110 })).toBe(true);
      expect((await compile(spec, { dtype })).code).toBe(code);
      expect(code).toMatch(/^\/\/ Generated|^\/\/.*generated|^\/\*\*/i);
      expect(code).not.toMatch(/\b20[2-9]\d-\d\d-\d\d\b|\/(home|root|tmp|work)\//);
    },
  );
});

describe("equal kernels are emitted once", () => {
  const deep = (layers: number): ModelSpec => ({
    ...specs.tiny,
    name: "deep",
    inputs: { x: { shape: [8] } },
    network: [
      ...Array.from({ length: layers }, () => ({
        type: "dense" as const,
        units: 8,
        activation: "tanh" as const,
      })),
      { type: "dense", units: 1 },
    ],
  });
  it("forty layers need the same functions as ten, and less than twice the text", async () => {
    const [ten, forty] = await Promise.all([compile(deep(10)), compile(deep(40))]);
    const functions = (code: string) =>
      code.match(/^function \w+_(forward|backward|update)\w*\(/gm)?.length ?? 0;
    expect(functions(forty.code)).toBe(functions(ten.code));
    expect(forty.code.length).toBeLessThan(2 * ten.code.length);
  });
});

describe("text of a spec never becomes code", () => {
  const evil = 'a"; process.exit()//';
  const named = (change: Partial<ModelSpec>) => ({ ...specs.tiny, ...change });
  const rows: readonly (readonly [where: string, spec: object])[] = [
    ["the model", named({ name: evil })],
    ["an input", named({ inputs: { [evil]: { shape: [1] } } })],
    ["a target", named({ targets: { [evil]: { shape: [1] } } })],
    ["a layer", named({ network: [{ type: "dense", units: 1, name: evil }] })],
    ["a layer's source", named({ network: [{ type: "dense", units: 1, from: evil }] })],
    ["the output", named({ output: evil })],
    ...["__proto__", "constructor", "toString", "hasOwnProperty"].flatMap((name) => [
      [`a layer called ${name}`, named({ network: [{ type: "dense", units: 1, name }] })] as const,
      [`an input called ${name}`, named({ inputs: Object.fromEntries([[name, { shape: [1] }]]) })] as const,
    ]),
  ];
  it.each(rows)("%s with an invalid name is rejected", async (_, spec) => {
    const attempt = compile(Object.assign({ ...specs.tiny }, spec));
    await expect(attempt).rejects.toThrow(DiagnosticError);
  });

  const hostile = [
    'x"; process.exit()//',
    "`${process.exit(1)}`",
    "process.exit()",
    "x; process.exit()",
    "*/ throw 1 /*",
    "globalThis.process",
    "x.constructor.constructor",
    "x[0]",
    "(() => 1)()",
    "new Date()",
    "x\u2028y",
    "import(x)",
    "constructor(x)",
  ];
  it.each(hostile)("a formula %j is rejected at every key", async (formula) => {
    const [layer] = specs.tiny.network;
    const activation = { formula };
    for (const change of [
      { network: [Object.assign({}, layer, { activation })] },
      { loss: { formula } },
      { metrics: [{ name: "m", formula }] },
      { optimizer: { type: "sgd" as const, learningRate: { initial: 1, formula } } },
      { optimizer: { formula: ["parameter = parameter - gradient", formula] } },
      { optimizer: { formula: `parameter = ${formula}` } },
    ])
      await expect(compile({ ...specs.tiny, ...change })).rejects.toThrow(DiagnosticError);
  });
  it("code does not contain the text of a formula, only code for its nodes", async () => {
    const { code: file } = await compile(specs.formulas);
    const code = file.replace(/^\/\/.*$/gm, "");
    expect(code).not.toMatch(/\beval\b|\bFunction\b|let \* |stop\(|where\(/);
    expect(code).not.toContain("formula:");
  });

  const columns = [
    '"; process.exit(1) //',
    "*/ throw 1 /*",
    "`${process.exit(1)}`",
    "line\nbreak",
    "\u2028",
    "\\",
    "</script>",
    "'",
  ];
  it("names of columns and files may contain any characters, and appear only in strings", async () => {
    const spec: ModelSpec = {
      ...withData,
      inputs: { x: { shape: [columns.length] } },
      data: { targets: { y: { columns: ["kind"] } }, file: "a*/b`${1}`.csv", inputs: { x: { columns } } },
    };
    const { code } = await compile(spec);
    expect(faultsOf(code)).toEqual([]);
    expect(forbiddenIn(code)).toEqual([]);
    const texts = new Set<string>();
    const walk = (node: ts.Node): void => {
      if (ts.isStringLiteral(node)) texts.add(node.text);
      if (ts.isTemplateExpression(node)) expect(node.getText()).not.toContain("process.exit");
      ts.forEachChild(node, walk);
    };
    walk(ts.createSourceFile("trainer.ts", code, ts.ScriptTarget.ES2022, true));
    expect(columns.filter((column) => !texts.has(column))).toEqual([]);
  });
});
