/**
 * `npm run bench:editor`: the time from a keystroke to the diagnostics of the language server, for a spec of 300
 * layers. Each keystroke changes one digit of the spec, so that all of it is analysed again.
 */
import { stringify } from "yaml";
import { languageClient } from "../support/language-client.ts";

const keystrokes = 120;
/** The first keystrokes are not counted, because the code is not compiled yet. */
const warmUp = 20;

const layers = Array.from({ length: 299 }, (_, i) =>
  i % 3 === 0
    ? { type: "dense", units: 16, activation: "relu" }
    : i % 3 === 1
      ? { type: "layer-norm" }
      : { type: "dropout", rate: 0.1 },
);

const spec = {
  name: "deep",
  inputs: { x: { shape: [16] } },
  targets: { y: { classes: 10 } },
  network: [...layers, { type: "dense", units: 10 }],
  loss: "cross-entropy",
  metrics: ["accuracy"],
  optimizer: { type: "adam", learningRate: 0.001 },
  training: { epochs: 3, batchSize: 32, seed: 1 },
};

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];

async function measure(
  file: string,
  text: string,
  change: (text: string, i: number) => string,
): Promise<void> {
  const client = await languageClient([]);
  client.open(file, text);
  await client.diagnostics(file);
  const times: number[] = [];
  for (let i = 0; i < keystrokes; i++) {
    const begun = performance.now();
    client.change(file, change(text, i));
    await client.diagnostics(file);
    if (i >= warmUp) times.push(performance.now() - begun);
    // A person pauses between keystrokes.
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
  await client.end();
  const sorted = times.sort((a, b) => a - b);
  const [median, p95] = [0.5, 0.95].map((q) => quantile(sorted, q).toFixed(1));
  process.stdout.write(`${file}: median ${median} ms, p95 ${p95} ms of ${sorted.length} keystrokes\n`);
}

const valid = (text: string, i: number): string => text.replace(/0\.001/, `0.00${1 + (i % 9)}`);
const broken = (text: string, i: number): string => text.replace(/epochs/, `epoch${"s".repeat(2 + (i % 5))}`);
for (const [change, kind] of [
  [valid, "valid"],
  [broken, "broken"],
] as const) {
  await measure(`/${kind}.tapeless.json`, JSON.stringify(spec, undefined, 2), change);
  await measure(`/${kind}.tapeless.yaml`, stringify(spec), change);
}
