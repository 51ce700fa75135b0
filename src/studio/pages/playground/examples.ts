/** Example specs, and the small data sets that the page generates for some of them. */

// Small generated data sets. They have the same columns, so that one model can be tried on all of them, and
// the same content on every load.

/**
 * Random numbers in [0, 1) from Park and Miller's generator, whose quality is sufficient for example data.
 */
function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

type Point = readonly [x: number, y: number, of: string];

const rows = 400;

const shapes: Readonly<
  Record<string, (share: number, of: number, noise: () => number) => readonly [number, number]>
> = {
  circles(share, of, noise) {
    const radius = (of === 0 ? 0.4 : 1) + 0.12 * noise();
    return [radius * Math.cos(2 * Math.PI * share), radius * Math.sin(2 * Math.PI * share)];
  },
  spiral(share, of, noise) {
    const turn = 3 * Math.PI * Math.sqrt(share) + of * Math.PI + 0.2 * noise();
    const radius = 0.05 + Math.sqrt(share);
    return [radius * Math.cos(turn), radius * Math.sin(turn)];
  },
  xor(_, of, noise) {
    // Opposite quadrants have the same class.
    const [x, y] = [noise(), Math.abs(noise())];
    return [x, Math.sign(x) * (of === 0 ? 1 : -1) * y];
  },
};

function points(shape: keyof typeof shapes): Point[] {
  const next = numbersFrom(7);
  const noise = () => 2 * next() - 1;
  return Array.from({ length: rows }, (_, row) => {
    const of = row % 2;
    const [x, y] = shapes[shape](next(), of, noise);
    return [x, y, of === 0 ? "inside" : "outside"];
  });
}

const csv = (header: string, lines: readonly (readonly (string | number)[])[]): string =>
  [
    header,
    ...lines.map((line) => line.map((cell) => (typeof cell === "number" ? cell.toFixed(4) : cell)).join()),
    "",
  ].join("\n");

function waveRows(): number[][] {
  const next = numbersFrom(11);
  return Array.from({ length: 200 }, () => {
    const x = 6 * next() - 3;
    return [x, Math.sin(2 * x) + 0.3 * x + 0.15 * (next() + next() - 1)];
  });
}

/** The names of the data sets with the columns `x`, `y` and `class`. */
export const planes: readonly string[] = ["moons.csv", "circles.csv", "xor.csv", "spiral.csv"];

/**
 * The contents of data files, by name. The moons come from the repository's file, with the column names of
 * the other sets.
 */
export const generatedData = (moons: string): Readonly<Record<string, string>> => ({
  "moons.csv": moons.replace(/^.*/, "x,y,class"),
  ...Object.fromEntries(Object.keys(shapes).map((name) => [`${name}.csv`, csv("x,y,class", points(name))])),
  "wave.csv": csv("x,y", waveRows()),
});

// The example specs: those of the repository whose data is in the page, and specs for the generated data.

const plane = `{
  "name": "moons",
  "inputs": { "point": { "shape": [2] } },
  "targets": { "class": { "classes": 2 } },
  "network": [
    { "type": "dense", "units": 16, "activation": "tanh" },
    { "type": "dense", "units": 16, "activation": "tanh" },
    { "type": "dense", "units": 2 }
  ],
  "loss": "cross-entropy",
  "metrics": ["accuracy"],
  "optimizer": { "type": "adam", "learningRate": 0.01 },
  "training": {
    "epochs": 150,
    "batchSize": 32,
    "seed": 7,
    "validation": { "fraction": 0.25 }
  },
  "data": {
    "file": "data/moons.csv",
    "inputs": { "point": { "columns": ["x", "y"] } },
    "targets": { "class": { "columns": ["class"] } }
  }
}
`;

const perceptron = `# A single neuron can only separate classes by a straight line. It fails on data
# that no line separates, and what a hidden layer changes.
name: one-neuron
inputs:
  point: { shape: [2] }
targets:
  class: { classes: 2 }
network:
  - { type: dense, units: 1 }
loss: binary-cross-entropy
metrics: [accuracy]
optimizer: { type: sgd, learningRate: 0.1 }
training: { epochs: 60, batchSize: 16, seed: 7, validation: { fraction: 0.25 } }
data:
  file: data/xor.csv
  inputs:
    point: { columns: [x, y] }
  targets:
    class: { columns: [class] }
`;

const wave = `# A curve through noisy points: a small network as a function of one number.
name: wave
inputs:
  x: { shape: [1] }
targets:
  y: { shape: [1] }
network:
  - { type: dense, units: 24, activation: tanh }
  - { type: dense, units: 24, activation: tanh }
  - { type: dense, units: 1 }
loss: mse
metrics: [r2]
optimizer: { type: adam, learningRate: 0.01 }
training: { epochs: 200, batchSize: 32, seed: 7, validation: { fraction: 0.25 } }
data:
  file: data/wave.csv
  inputs:
    x: { columns: [x] }
  targets:
    y: { columns: [y] }
`;

/** The names and texts of the examples, in the order of the menu. */
export const examplesOf = (specs: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map([["moons", plane], ["one neuron", perceptron], ["wave", wave], ...Object.entries(specs)]);
