// A folder with a page that trains a small model: a spec, the page and its worker.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const specText = `name: flower
inputs: { petal: { shape: [4] } }
targets: { kind: { classes: 3 } }
network:
  - { type: dense, name: hidden, units: 8, activation: tanh }
  - { type: dense, name: scores, units: 3 }
loss: cross-entropy
optimizer: { type: sgd, learningRate: 0.05 }
training: { epochs: 4, batchSize: 8, seed: 3 }
`;

/** The rows on which pages and this process train. */
export const rows = {
  petal: Array.from({ length: 96 }, (_, i) => ((i * 37) % 19) / 19),
  kind: Array.from({ length: 24 }, (_, i) => i % 3),
};

/** A module that exports the rows, and the text of the bits of all parameters. */
const sharedText = `export const rows = ${JSON.stringify(rows)};
export const bitsOf = ({ parameters }) =>
  Object.values(parameters).map((values) => [...new Uint32Array(values.slice().buffer)].join(" ")).join("\\n");
`;

const workerText = `import { createTrainer } from "./model.tapeless.yaml";
import { bitsOf, rows } from "./shared.js";
const trainer = createTrainer();
trainer.fit(rows);
postMessage(bitsOf(trainer));
`;

const pageText = `import { createTrainer } from "./model.tapeless.yaml";
import { createTrainer as createFast } from "./model.tapeless.yaml?target=wasm";
import { bitsOf, rows } from "./shared.js";
const trained = (trainer) => {
  trainer.fit(rows);
  return bitsOf(trainer);
};
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
worker.onmessage = ({ data }) => {
  const report = { page: trained(createTrainer()), fast: trained(createFast({ backend: "simd" })), worker: data };
  document.querySelector("output").textContent = JSON.stringify(report);
};
`;

export interface Workspace {
  readonly folder: string;
  write(name: string, text: string): void;
  read(name: string): string;
  remove(): void;
}

export function newWorkspace(): Workspace {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-bundlers-"));
  const write = (name: string, text: string): void => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  write("model.tapeless.yaml", specText);
  write("shared.js", sharedText);
  write("worker.js", workerText);
  write("page.js", pageText);
  write(
    "index.html",
    '<!doctype html><title>page</title><script type="module" src="./page.js"></script><output></output>\n',
  );
  return {
    folder,
    write,
    read: (name) => readFileSync(join(folder, name), "utf8"),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
