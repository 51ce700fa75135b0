// The numbers of one row. If a test fails, a derivation shows numbers that the emitted trainer does not compute.
import temml from "temml";
import { describe, expect, it } from "vitest";
import { compileFor, emitText } from "../../../src/compiler/compile-target.ts";
import { loadTrainer } from "../../../src/compiler/load-trainer.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { randomBatch } from "../../../src/runtime/check/batches.ts";
import { explainGradients } from "../../../src/studio/explain/gradient-derivations.ts";
import { explainRow, numbersOf } from "../../../src/studio/explain/explain-row.ts";
import { matrixSize, numbersText, numberText } from "../../../src/studio/row-numbers.ts";
import { gradientsView } from "../../../src/studio/views/gradients-view.ts";

const classes = { targets: { y: { shape: [], classes: 3 } }, loss: "cross-entropy" };
const dense = { type: "dense", units: 3 };
const common = { name: "row", optimizer: "adam", training: { epochs: 1, batchSize: 8 } };
const hidden = { type: "dense", units: 40, activation: "tanh" };

const models = {
  "dropout and averaged weights": {
    ...common,
    ...classes,
    inputs: { x: { shape: [4] } },
    network: [hidden, { type: "dropout", rate: 0.5 }, dense],
    training: { epochs: 1, batchSize: 8, average: { decay: 0.9 } },
  },
  "accumulated gradients": {
    ...common,
    ...classes,
    inputs: { x: { shape: [4] } },
    network: [hidden, dense],
    training: { epochs: 1, batchSize: 8, accumulate: 2 },
  },
  "a recurrence": {
    ...common,
    ...classes,
    inputs: { x: { shape: [5, 2] } },
    network: [{ type: "lstm", units: 4 }, dense],
  },
};

async function rowOf(spec: object) {
  const compilation = compileFor(parseModel(spec), { dtype: "f64" });
  const { model: facts, createTrainer } = await loadTrainer(
    await emitText(compilation, "f64", { isFormatted: false }),
  );
  const trainer = createTrainer({ seed: 3 });
  const batch = randomBatch(facts, 1, 5);
  const start = { facts, batch, checkpoint: trainer.save(), source: "", parameters: "" };
  return { compilation, facts, trainer, batch, row: explainRow(compilation, start) };
}

describe.each(Object.entries(models))("the numbers of a model with %s", (_, spec) => {
  it("are the loss and the gradients of the emitted trainer", async () => {
    const { compilation, facts, trainer, batch, row } = await rowOf(spec);
    const loss = trainer.gradient(batch);
    expect(row.loss).toBeCloseTo(loss, 5);
    const { derivations } = explainGradients({ compilation });
    expect(derivations).toHaveLength(facts.parameters.length);
    for (const { parameter, steps } of derivations) {
      const { shape } = facts.parameters.find(({ name }) => name === parameter) ?? { shape: [] };
      const expected = numbersOf({ shape, data: Float64Array.from(trainer.gradients[parameter]) });
      const actual = row.numbers[steps.at(-1)?.node ?? ""];
      expect(matrixSize(actual.shape), parameter).toEqual(matrixSize(shape));
      const [numbers, wanted] = [actual, expected].map(({ corner, min, mean, max }) =>
        [...corner.flat(), min, mean, max].map(Number),
      );
      expect(numbers).toHaveLength(wanted.length);
      numbers.forEach((value, i) => expect(value, `${parameter}, ${i}`).toBeCloseTo(wanted[i], 5));
    }
  });
});

it("the values of a recurrence's step are stacked in the order of time", async () => {
  const { row } = await rowOf(models["a recurrence"]);
  // The last hidden state is what the next layer reads; `lstm1` stacks them over time inside the step.
  const stacked = Object.entries(row.numbers).filter(([, { shape }]) => shape[0] === 5 && shape[1] === 1);
  expect(stacked.length).toBeGreaterThan(3);
  const ends = stacked.map(([, { corner }]) => JSON.stringify(corner.at(-1)));
  const last = Object.values(row.numbers).filter(({ shape }) => shape.join() === "1,4");
  expect(last.some(({ corner }) => ends.includes(JSON.stringify(corner[0])))).toBe(true);
});

describe("the numbers of a value", () => {
  it("are bounded, whatever the size of the value", () => {
    const { corner, min, mean, max } = numbersOf({
      shape: [1, 100, 1, 300],
      data: Float64Array.from({ length: 30_000 }, (_, i) => i),
    });
    expect(corner.map((row) => row.length)).toEqual(Array<number>(12).fill(12));
    expect(corner[1][2]).toBe(302);
    expect([min, mean, max]).toEqual([0, 14_999.5, 29_999]);
  });

  it("keep what is not a number, in JSON too", () => {
    const numbers = numbersOf({ shape: [1, 3], data: Float64Array.of(NaN, Infinity, -Infinity) });
    expect(JSON.parse(JSON.stringify(numbers))).toEqual({
      shape: [1, 3],
      corner: [["NaN", "∞", "−∞"]],
      min: "NaN",
      mean: "NaN",
      max: "NaN",
    });
  });

  it("are short as text", () => {
    const textOf = (shape: readonly number[], data: readonly number[]) =>
      numbersText(numbersOf({ shape, data: Float64Array.from(data) }));
    expect(textOf([], [Math.LN2])).toBe("0.6931");
    expect(textOf([1, 2], [-0.5, 2])).toBe("[−0.5, 2]");
    expect(textOf([4, 2], [1, 2, 3, 4, 5, 6, 7, 8])).toBe(
      "[1, 2, 3, 4, 5, 6, …] of 8, from 1 to 8, mean 4.5",
    );
    // Only the first 12 of 20 columns are kept, so the numbers are those of the first row.
    expect(textOf([2, 20], [...Array(40).keys()])).toContain("[0, 1, 2, 3, 4, 5, …] of 40");
    expect(numberText(-1e-7)).toBe("−1e−7");
  });
});

it("TeX has the numbers below the same formulas as the text, in displays that TeX's math mode accepts", async () => {
  const { compilation, row } = await rowOf(models["dropout and averaged weights"]);
  const named = { ...row, source: "row 7 of 100 % of a_b" };
  const view = gradientsView({ compilation, reports: [], of: undefined, row: named });
  const tex = view.tex?.() ?? "";
  expect(tex).toContain("The numbers are those of row 7 of 100 \\% of a\\_b, with");
  const displays = tex.match(/\\begin\{align\*\}[\s\S]*?\\end\{align\*\}/g) ?? [];
  for (const display of displays)
    expect(() =>
      temml.renderToString(display, { displayMode: true, throwOnError: true, strict: true }),
    ).not.toThrow();
  const plain = (text: string) =>
    text.replace(/\$(- )?([^$]*)\$/g, (_, minus, digits) => `${minus ? "−" : ""}${digits}`);
  const inTex = [...tex.matchAll(/^ {2}&= \\text\{(.*)\}(?: \\\\)?$/gm)].map(([, numbers]) => plain(numbers));
  const inText = [...view.text().matchAll(/^ {8,}= (.*)$/gm)].map(([, numbers]) => numbers);
  const power = (text: string) => text.replace(/e−(\d+)/g, " \\cdot 10^{-$1}").replaceAll("…", "\\ldots");
  expect(inText.length).toBeGreaterThan(20);
  expect(inTex).toEqual(inText.map(power));
});
