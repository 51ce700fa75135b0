// Names in a model that also occur in the emitted code. If a test fails, the name of a layer such as `JSON`
// or `rows` leads to a trainer that a strict compiler rejects, or that reads the wrong variable.
import { ts } from "ts-morph";
import { describe, expect, test } from "vitest";
import { compile } from "../../../../src/compiler/compile.ts";
import { freeNames } from "../../../../src/compiler/emit/typescript/parse-runtime.ts";
import { identifierMaker } from "../../../../src/compiler/emit/identifiers.ts";
import { loadRuntime } from "../../../../src/compiler/emit/typescript/load-runtime.ts";
import { runtimeNames } from "../../../../src/compiler/emit/typescript/runtime-parts.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { loadTrainer } from "../../../../src/compiler/load-trainer.ts";
import { compileFor, emitText } from "../../../../src/compiler/compile-target.ts";
import { emitPredictor } from "../../../../src/compiler/emission.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { emitCheck } from "../../../../src/command/verify/checked-loss.ts";
import { isUsableName } from "../../../../src/compiler/spec/check/check-names.ts";
import { faultsOf } from "../../../support/code-faults.ts";
import { imported } from "../../../support/emitted.ts";

const treeOf = (code: string) => ts.createSourceFile("a.ts", code, ts.ScriptTarget.ES2022, true);

/** Inputs that are concatenated, then a chain of layers whose values are materialised. */
function modelWith(inputs: readonly string[], layers: readonly string[], target: string): ModelSpec {
  return {
    name: "names",
    inputs: Object.fromEntries(inputs.map((name) => [name, { shape: [1] }])),
    targets: { [target]: { shape: [1] } },
    network: [
      { type: "concat", name: "ordinary_join", from: [...inputs] },
      ...layers.map((name) => ({ type: "dense" as const, units: 1, activation: "tanh" as const, name })),
      { type: "dense", name: "ordinary_last", units: 1 },
    ],
    loss: "mse",
    optimizer: { type: "adam", learningRate: 0.01 },
    training: { epochs: 1, batchSize: 2, seed: 3 },
    data: {
      file: "rows.csv",
      inputs: Object.fromEntries(inputs.map((name, i) => [name, { columns: [`c${i}`], scale: "standard" }])),
      targets: { [target]: { columns: ["t"] } },
    },
  };
}

/** The same model with names that do not conflict. */
const plain = (inputs: number, layers: number): ModelSpec =>
  modelWith(
    Array.from({ length: inputs }, (_, i) => `ordinary_input_${i}`),
    Array.from({ length: layers }, (_, i) => `ordinary_layer_${i}`),
    "ordinary_target",
  );

/**
 * The names that the emitter's own lines read or declare, without those inside the runtime's declarations.
 */
function wordsOfFrame(code: string, runtime: ReadonlySet<string>): string[] {
  const words = new Set<string>();
  const bind = (node: ts.Node): void => {
    if (bindsName(node)) words.add(node.name.text);
    ts.forEachChild(node, bind);
  };
  for (const statement of treeOf(code).statements)
    if (!declaredBy(statement).some((name) => runtime.has(name))) {
      for (const name of freeNames(statement)) words.add(name);
      bind(statement);
    }
  return [...words];
}

const bindsName = (node: ts.Node): node is ts.Node & { readonly name: ts.Identifier } =>
  (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isBindingElement(node)) &&
  ts.isIdentifier(node.name);

function declaredBy(statement: ts.Statement): string[] {
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const name = ts.isExpressionStatement(statement)
    ? undefined
    : ts.getNameOfDeclaration(statement as ts.DeclarationStatement);
  return name === undefined ? [] : [name.getText()];
}

/** Names of the module that an inner scope of the emitter's code declares again. */
function hiddenIn(code: string, runtime: ReadonlySet<string>): string[] {
  const statements = treeOf(code).statements.filter(
    (statement) => !declaredBy(statement).some((name) => runtime.has(name)),
  );
  const declared = new Set(statements.flatMap(declaredBy));
  const hidden: string[] = [];
  const walk = (node: ts.Node): void => {
    if (bindsName(node) && declared.has(node.name.text)) hidden.push(node.name.text);
    ts.forEachChild(node, walk);
  };
  for (const statement of statements) if (!ts.isVariableStatement(statement)) walk(statement);
  return hidden;
}

const isHostile = (word: string) =>
  isUsableName(word) &&
  !/ordinary|^at_|_(forward|backward|update|rate|predict|evaluate|totals|clipping)/.test(word);

const languageWords = Array.from(
  { length: ts.SyntaxKind.LastFutureReservedWord - ts.SyntaxKind.FirstKeyword + 1 },
  (_, i) => ts.tokenToString(ts.SyntaxKind.FirstKeyword + i) ?? "",
);

describe.each(["ts", "wasm"] as const)("%s", (target) => {
  const options = { target, probe: true } as const;

  test("a model whose names are words of its own trainer can be trained, saved and loaded", async () => {
    const runtime = new Set((await loadRuntime("f32")).keys());
    const benign = (await compile(plain(2, 2), options)).code;
    const free = freeNames(treeOf(benign));
    expect(free).toContain("JSON");
    const words = [...new Set([...free, ...wordsOfFrame(benign, runtime)])].filter(isHostile);
    const [goal, ...others] = words;
    const inputs = others.filter((_, i) => i % 4 !== 0);
    const layers = others.filter((_, i) => i % 4 === 0);
    const { code } = await compile(modelWith(inputs, layers, goal), options);
    expect(faultsOf(code)).toEqual([]);
    expect(hiddenIn(code, runtime)).toEqual([]);
    // If a name of the model shadowed a global, the global would not be among the free names.
    expect(freeNames(treeOf(code)).sort()).toEqual(free.sort());
    const { createTrainer } = await imported(code);
    const trainer = createTrainer();
    const batch = Object.fromEntries([...inputs, goal].map((name, i) => [name, [0.01 * i, 1 - 0.02 * i]]));
    const before = trainer.evaluate(batch);
    const bytes = trainer.save();
    expect(trainer.step(batch)).toBeCloseTo(before.loss, 5);
    expect(trainer.evaluate(batch)).not.toEqual(before);
    trainer.load(bytes);
    expect(trainer.evaluate(batch)).toEqual(before);
  });
});

test("the check of such a model, and its predictor, are correct too", async () => {
  const runtime = new Set((await loadRuntime("check")).keys());
  const codesOf = async (spec: ModelSpec) => {
    const model = parseModel(spec);
    const compilation = compileFor(model, { dtype: "f32" });
    const trainer = (
      await loadTrainer(await emitText(compilation, "f32", { isFormatted: false }))
    ).createTrainer();
    const trained = { values: trainer.parameters, checkpointHash: "" };
    const predictor = await emitPredictor(compilation, "f32", trained);
    return { check: await emitCheck(model, "./names.ts"), predictor: predictor.text };
  };
  const benign = await codesOf(plain(2, 2));
  const words = [...new Set(Object.values(benign).flatMap((code) => wordsOfFrame(code, runtime)))];
  const [goal, ...others] = words.filter(isHostile);
  const [inputs, layers] = [others.slice(0, 10), others.slice(10)];
  const hostile = await codesOf(modelWith(inputs, layers, goal));
  for (const kind of ["check", "predictor"] as const) {
    expect(hiddenIn(hostile[kind], runtime)).toEqual([]);
    expect(freeNames(treeOf(hostile[kind])).sort()).toEqual(freeNames(treeOf(benign[kind])).sort());
  }
  expect(faultsOf(hostile.predictor)).toEqual([]);
});

test("no name that a part of the runtime reads or declares is used for a model", async () => {
  for (const kind of ["f32", "f64", "check"] as const) {
    const taken = runtimeNames(await loadRuntime(kind));
    const identify = identifierMaker(taken);
    expect(languageWords.filter((word) => identify(word) === word)).toEqual([]);
    for (const name of ["JSON", "FinalizationRegistry", "Reflect", "Atomics", "SharedArrayBuffer", "Promise"])
      expect(taken.has(name), name).toBe(true);
    expect([...taken].filter((name) => identify(name) === name)).toEqual([]);
  }
});

test("names that are bound inside are not free, and neither are names of members", () => {
  const of = (text: string) => freeNames(treeOf(text)).sort();
  expect(of("const a = (b: T) => { const { c: d, e = f } = b; return a + b + d + e + g.h; };")).toEqual([
    "T",
    "f",
    "g",
  ]);
  // `x` is bound in one scope and free in the other.
  expect(of("const a = [(x: number) => x, () => x];")).toEqual(["x"]);
  expect(
    of("function f<T>(x: T): x is T { for (const i of y) z({ i, k: i }); return true; } type U = T"),
  ).toEqual(["T", "y", "z"]);
  expect(of("try { throw q } catch (e) { e; } class A { m() { return A; } get n() { return e; } }")).toEqual([
    "e",
    "q",
  ]);
});
