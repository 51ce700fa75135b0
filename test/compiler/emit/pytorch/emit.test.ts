// The text of emitted PyTorch files. If a test fails, a file does not compile, a string of a spec became code, or a
// reader has to scroll sideways.
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../../src/compiler/diagnostics/errors.ts";
import { encoders } from "../../../../src/compiler/emit/pytorch/parts/data.ts";
import { idxEncoders } from "../../../../src/compiler/emit/pytorch/parts/idx.ts";
import { literal, stringText } from "../../../../src/compiler/emit/pytorch/python-text.ts";
import { emitPytorch } from "../../../../src/compiler/pytorch-emission.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../../../src/compiler/spec/read/read-spec.ts";
import type { ModelSpec } from "../../../../src/compiler/spec/schema.ts";
import { randomSpec } from "../../../fuzz/random-spec.ts";
import { moduleSpecs, withoutData } from "../../../support/pytorch.ts";
import { specs } from "../../../support/specs.ts";
import { python } from "../../../support/python.ts";

const hasPython = spawnSync(python, ["--version"]).status === 0;
const textOf = (spec: ModelSpec): string => emitPytorch({ model: withoutData(parseModel(spec)) }, "f32").text;

/** The errors of Python's parser for these files, which are only compiled. */
function compileErrors(files: readonly string[]): string {
  const script = "import json, sys\nfor text in json.load(sys.stdin): compile(text, 'emitted.py', 'exec')";
  return spawnSync(python, ["-c", script], { input: JSON.stringify(files), encoding: "utf8" }).stderr;
}

/** What the files of these specs contain. */
const moduleLines: Readonly<Record<string, readonly string[]>> = {
  sequences: [
    "self.gru1 = nn.GRU(4, 6, batch_first=True)",
    "gru1 = self.gru1(x)[0]\n",
    'self.rnn1 = nn.RNN(6, 5, batch_first=True, nonlinearity="relu")',
    "rnn1 = self.rnn1(gru1.flip(1))[0].flip(1)",
    "self.layer_norm1 = nn.LayerNorm(5)",
    "self.rms_norm1 = nn.RMSNorm(5, eps=0.01)",
    "F.max_pool1d(rms_norm1.permute(0, 2, 1), 2, stride=1).permute(0, 2, 1)",
    "lstm1 = self.lstm1(max_pool1d1.flip(1))[0][:, -1]",
    'F.cross_entropy(dense1, y, ignore_index=-1, reduction="none", label_smoothing=0.1)',
  ],
  images: [
    "F.max_pool2d(conv2d1.permute(0, 3, 1, 2), 3, stride=(2, 1), padding=1).permute(0, 2, 3, 1)",
    "F.avg_pool2d(max_pool2d1.permute(0, 3, 1, 2), (2, 1)).permute(0, 2, 3, 1)",
  ],
  attentions: [
    "F.scaled_dot_product_attention(query, key, value, is_causal=True)",
    "F.scaled_dot_product_attention(query, key, value)",
  ],
  "masked-attention": [
    "heads = F.scaled_dot_product_attention(query, key, value, attn_mask=visible | ~sees) * sees",
    // On padding, the layer keeps its state, so it is not nn.GRU.
    "class Gru(nn.Module)",
  ],
};

const hostile: readonly string[] = [
  'x"\nimport os #',
  "\\",
  '"""',
  "{__import__('os')}",
  "\u2028\u0000\u00e9\ud83d\ude00",
  "a".repeat(500),
];

const hostileSpec: ModelSpec = {
  name: "train",
  inputs: { self: { shape: [hostile.length] } },
  targets: { import: { classes: 2 } },
  network: [
    { type: "dense", name: "forward", units: 3, activation: { formula: "x * x + 1" } },
    { type: "dense", name: "train", units: 3, activation: "relu" },
    {
      type: "dense",
      name: "lambda",
      units: 3,
      activation: { formula: "x * sigmoid(class * x)", constants: { class: 2 } },
    },
    { type: "dense", name: "state_dict", units: 2 },
  ],
  loss: "cross-entropy",
  optimizer: { type: "adam", learningRate: 0.01 },
  training: { epochs: 1, batchSize: 4, seed: 1 },
  data: {
    file: "hostile.csv",
    inputs: { self: { columns: [...hostile] } },
    targets: { import: { columns: ["os.system('x')"] } },
  },
};
describe("emitted PyTorch files", () => {
  it.skipIf(!hasPython)("compile in Python, for hostile names and random specs", () => {
    const random = Array.from({ length: 40 }, (_, index) => randomSpec(5, index).spec);
    const unranked = random.filter((spec) => !/"(auc|spearman)"/.test(JSON.stringify(spec)));
    const texts = unranked.map((spec) => emitPytorch({ model: withoutData(parseModel(spec)) }, "f32").text);
    expect(unranked.length).toBeGreaterThan(20);
    const model = emitPytorch({ model: parseModel(hostileSpec) }, "f32").text;
    expect(compileErrors([model, ...texts, ...Object.values(specs).map(textOf)])).toBe("");
  });
  it.skipIf(!hasPython)("keep every string of a spec a string", () => {
    const script =
      "import ast, json, sys\nprint(json.dumps([ast.literal_eval(x) for x in json.load(sys.stdin)]))";
    const given = [...hostile.map(stringText), literal([...hostile], "", 10)];
    const { stdout } = spawnSync(python, ["-c", script], { input: JSON.stringify(given), encoding: "utf8" });
    expect(JSON.parse(stdout)).toEqual([...hostile, hostile]);
  });
  it("have short lines, few of them for each layer, and the same bytes each time", async () => {
    for (const file of readdirSync("graphs").filter((name) => /\.(json|yaml|ts)$/.test(name))) {
      const model = withoutData((await readSpec(join("graphs", file))).model);
      const { text } = emitPytorch({ model }, "f32");
      expect(text).toBe(emitPytorch({ model }, "f32").text);
      const lines = text.split("\n");
      expect(lines.filter((line) => line.length > 120)).toEqual([]);
      const start = lines.indexOf("class Model(nn.Module):");
      const body = lines.slice(start + 3, lines.indexOf("", lines.indexOf("", start) + 1));
      const own = body.filter((line) => line.trim() !== "" && !/def |return /.test(line));
      expect(own.length / model.network.length).toBeLessThanOrEqual(2.5);
    }
  });
  it("write into checkpoints how each kind of field was fitted", () => {
    for (const [name, code] of Object.entries({ ...encoders, ...idxEncoders }))
      expect(code, name).toContain("\n    def fitted(self):\n        ");
  });
  it("keep the modules of PyTorch where they mean the same", () => {
    const { data: _, ...spec } = hostileSpec;
    const text = textOf({
      ...spec,
      inputs: { x: { shape: [8, 8, 2] } },
      network: [
        { type: "conv2d", filters: 3, kernel: 3, padding: 1, activation: "relu" },
        { type: "flatten" },
        { type: "dense", units: 5, activation: "gelu" },
        { type: "dropout", rate: 0.3 },
        { type: "dense", units: 2 },
      ],
    });
    expect(text).toContain("self.conv2d1 = nn.Conv2d(2, 3, 3, padding=1)");
    expect(text).toContain("dense1 = F.gelu(self.dense1(flatten1))");
    expect(text).toContain("self.dropout1 = Dropout(0.3, draws, salt=");
    expect(text).toContain("self.dense2 = nn.Linear(5, 2)");
  });
  it("write the update of the optimizer in place", () => {
    const { data: _, ...spec } = hostileSpec;
    const updateOf = (optimizer: ModelSpec["optimizer"]) =>
      /def update.*?(?=\n\n)/s.exec(textOf({ ...spec, optimizer }))?.[0];
    expect(updateOf({ type: "adam", learningRate: 0.01 })).toMatchInlineSnapshot(`
      "def update(parameters, gradient, states, step):
          """One step of adam, in place, for all parameters as one vector. Returns the learning rate."""
          t = step + 1.0
          next_mean = states["mean"].mul_(0.9).add_(gradient, alpha=0.09999999999999998)
          next_squares = states["squares"].mul_(0.999).addcmul_(gradient, gradient, value=0.0010000000000000009)
          divisor = torch.sqrt(next_squares).div_(torch.sqrt(1.0 - 0.999**t)).add_(1e-8)
          parameters.addcdiv_(next_mean, divisor, value=-0.01 / (1.0 - 0.9**t))
          return 0.01"
    `);
    expect(updateOf({ type: "sgd", learningRate: 0.1, momentum: 0.9, nesterov: true, clip: { norm: 1 } }))
      .toMatchInlineSnapshot(`
        "def update(parameters, gradient, states, step, total):
            """One step of sgd, in place, for all parameters as one vector. Returns the learning rate."""
            clip_factor = torch.minimum(1.0 / (torch.sqrt(total((gradient * gradient).sum())) + 0.000001),
                torch.tensor(1.0))
            clipped_gradients = gradient.mul_(clip_factor)
            next_velocity = states["velocity"].mul_(0.9).add_(clipped_gradients)
            sgd = clipped_gradients.add_(next_velocity, alpha=0.9)
            parameters.sub_(sgd, alpha=0.1)
            return 0.1"
      `);
  });
  it.each(moduleSpecs.map((spec) => [spec.name, spec] as const))(
    "recognise the layers of %s",
    (name, spec) => {
      const text = textOf(spec);
      for (const line of moduleLines[name]) expect(text).toContain(line);
    },
  );
});

describe("the target pytorch", () => {
  it("reports everything that it does not support, all at once", () => {
    const model = parseModel({
      ...hostileSpec,
      inputs: { self: { shape: [1] }, day: { shape: [2] } },
      network: [
        { type: "concat", from: ["self", "day"] },
        { type: "dense", units: 2 },
      ],
      metrics: ["accuracy", "auc"],
      training: { epochs: 1, batchSize: 4, seed: 1, test: { after: "2020-01-01" }, validation: { folds: 3 } },
      data: {
        file: "data.csv",
        time: "time",
        inputs: {
          self: { columns: ["a"] },
          day: { columns: ["time"], dates: { parts: ["weekday"] } },
        },
        targets: { import: { columns: ["b"] } },
      },
    } as ModelSpec);
    const found = (): readonly string[] => {
      try {
        emitPytorch({ model }, "f32");
        return [];
      } catch (error) {
        if (!(error instanceof DiagnosticError)) throw error;
        expect(new Set(error.diagnostics.map(({ code }) => code))).toEqual(new Set(["T1901"]));
        return error.diagnostics.map(({ message }) => message);
      }
    };
    const keys = [
      "metrics[1]",
      "training.test.after",
      "training.validation.folds",
      "data.time",
      "data.inputs.day.dates",
    ];
    expect(found()).toEqual(keys.map((key) => `the target pytorch does not support ${key} yet`));
  });
});
