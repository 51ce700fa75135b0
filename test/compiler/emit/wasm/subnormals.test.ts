// The running means of Adam, which must decay to 0 for a weight without gradients. If the test fails, they
// stop at the smallest subnormal number of f32, and arithmetic on such numbers is slow on many processors.
import { expect, test } from "vitest";
import { compile } from "../../../../src/index.ts";
import type { ModelSpec } from "../../../../src/index.ts";
import { loadTrainer } from "../../../../src/compiler/load-trainer.ts";

const spec: ModelSpec = {
  name: "decays",
  inputs: { x: { shape: [8] } },
  targets: { y: { shape: [1] } },
  network: [{ type: "dense", units: 1 }],
  loss: "mse",
  optimizer: { type: "adam", learningRate: 0.001 },
  training: { epochs: 1, batchSize: 2, seed: 7 },
};

test("a weight without gradients leaves no subnormal number in Adam's running means", async () => {
  const { code } = await compile(spec, { target: "wasm", program: false });
  const trainer = (await loadTrainer(code)).createTrainer();
  expect(trainer.backend).not.toBe("ts");
  trainer.step({ x: new Array(16).fill(1), y: [1, 2] });
  trainer.steps({ x: new Array(16).fill(0), y: [1, 2] }, 3000);
  const bytes = trainer.save();
  const start = bytes.indexOf(10) + 1;
  const state = bytes.slice(start, bytes.length - ((bytes.length - start) % 4)).buffer;
  const [numbers, words] = [new Float32Array(state), new Int32Array(state)];
  // The state also contains the step count and the seed, as integers.
  const isCount = (i: number) => words[i] === 3001 || words[i] === 7;
  const subnormal = [...numbers].filter((x, i) => x !== 0 && Math.abs(x) < 2 ** -126 && !isCount(i));
  expect(numbers.length).toBeGreaterThan(27); // nine parameters, with two running means each
  expect(subnormal).toEqual([]);
});
