/** The recipes of CONTRIBUTING.md as edits, with one trial for each. */

export interface Edit {
  readonly file: string;
  /** The text is inserted after this one, which must occur once in the file; undefined for a new file. */
  readonly after?: string;
  readonly text: string;
}

export interface Recipe {
  readonly title: string;
  readonly edits: readonly Edit[];
  /** Other files that fail to compile while the recipe is incomplete. */
  readonly closedBy?: readonly string[];
}

const op: Recipe = {
  title: "Add an op",
  edits: [
    { file: "src/compiler/ir/nodes.ts", after: '  relu: row("x"),\n', text: '  halve: row("x"),\n' },
    {
      file: "src/compiler/ops/pointwise/halve.ts",
      text: `/** z = x / 2. dx = dz / 2. */
import { binary, number } from "../../loop/expressions.ts";
import { defineOp } from "../define.ts";
import { unary } from "./pointwise.ts";

export const halve = defineOp({
  name: "halve",
  ...unary({ lower: (x) => binary("*", number(0.5, x.type), x), f: (x) => x / 2 }),
  vjp: (_, dz, g) => ({ x: g.halve(dz) }),
});
`,
    },
    {
      file: "src/compiler/ops/index.ts",
      after: 'import { gather } from "./reductions/gather.ts";\n',
      text: 'import { halve } from "./pointwise/halve.ts";\n',
    },
    { file: "src/compiler/ops/index.ts", after: "  gather,\n", text: "  halve,\n" },
    {
      file: "src/compiler/notation/node-formula.ts",
      after: '  relu: applied("relu"),\n',
      text: '  halve: ({ operands: { x } }, part) => infix("scale", numeral("½"), part(x)),\n',
    },
    {
      file: "src/compiler/emit/onnx/operators.ts",
      after: '  relu: elementwise("Relu"),\n',
      text: `  halve: ({ operands: { x }, type }, c) =>
    c.make("Mul", [c.value(x), c.writer.scalar(type.element, 0.5)]),
`,
    },
    {
      file: "src/compiler/emit/pytorch/operators.ts",
      after: '  relu: pointwise("F.relu"),\n',
      text: "  halve: ({ operands: { x } }, c) => ({ ...c.tensor(x), text: `(${c.tensor(x).text}) / 2` }),\n",
    },
  ],
};

const elementary: Recipe = {
  title: "Add an elementary function",
  edits: [
    { file: "src/compiler/ir/nodes.ts", after: '  sigmoid: row("x"),\n', text: '  asinh: row("x"),\n' },
    {
      file: "src/compiler/ops/pointwise/elementary.ts",
      after: "export const elementary = {\n",
      text: `  /** z = arsinh x. dx = dz / √(1 + x²). */
  asinh: defineOp({
    name: "asinh",
    ...unary({ lower: "asinh", f: Math.asinh }),
    vjp: ({ operands: { x } }, dz, g) => ({ x: g.divide(dz, g.sqrt(g.add(g.multiply(x, x), 1))) }),
  }),
`,
    },
    {
      file: "src/runtime/numbers/logarithm.ts",
      after: 'import { expm1NearZero, rootsOfTwo } from "./exponential.ts";\n',
      text: `
/** arsinh x = ±ln(1 + a + a² / (1 + √(1 + a²))) of a = |x|. */
export function asinh(x: number): number {
  const a = Math.abs(x);
  return x === 0 ? x : Math.sign(x) * log1p(a + (a * a) / (1 + Math.sqrt(1 + a * a)));
}
`,
    },
    {
      file: "src/compiler/emit/wasm/functions/index.ts",
      after: '  erf: elementary("erf", erf),\n',
      text: '  asinh: onDoubles("asinh"),\n',
    },
    {
      file: "src/compiler/emit/onnx/operators.ts",
      after: '  sigmoid: elementwise("Sigmoid"),\n',
      text: '  asinh: elementwise("Asinh"),\n',
    },
    {
      file: "src/compiler/emit/pytorch/operators.ts",
      after: '  sigmoid: pointwise("torch.sigmoid"),\n',
      text: '  asinh: pointwise("torch.asinh"),\n',
    },
  ],
  closedBy: ["src/compiler/loop/evaluate-expressions.ts", "src/compiler/ops/index.ts"],
};

const layer: Recipe = {
  title: "Add a layer",
  edits: [
    {
      file: "src/compiler/library/layers/trial.ts",
      text: `/** Half of each number. */
import { defineLayer } from "./layer.ts";

export const trial = defineLayer({
  name: "trial",
  about: "halves each number",
  keys: {},
  takes: "one input",
  mask: "passes",
  build: ({ g }, [{ node }]) => g.multiply(0.5, node),
});
`,
    },
    {
      file: "src/compiler/library/layers/index.ts",
      after: 'import { depthToSpace, flatten, pad, reshape, spaceToDepth } from "./shapes.ts";\n',
      text: 'import { trial } from "./trial.ts";\n',
    },
    { file: "src/compiler/library/layers/index.ts", after: "  flatten,\n", text: "  trial,\n" },
  ],
};

const optimizer: Recipe = {
  title: "Add an optimizer",
  edits: [
    {
      file: "src/compiler/library/optimizers/trial.ts",
      text: `/** p ← p − lr · sign(g) */
import { defineOptimizer } from "../define.ts";
import { moved } from "./parts.ts";

export const trial = defineOptimizer({
  name: "trial",
  about: "moves every parameter by the learning rate, against the sign of its gradient",
  defaultRate: 0.001,
  keys: {},
  states: () => ({}),
  update: (g, { parameter, gradient, rate }) => ({
    parameter: moved(g, parameter, rate, g.sign(gradient)),
    state: {},
  }),
});
`,
    },
    {
      file: "src/compiler/library/optimizers/index.ts",
      after: 'import { sgd } from "./sgd.ts";\n',
      text: 'import { trial } from "./trial.ts";\n',
    },
    { file: "src/compiler/library/optimizers/index.ts", after: "  sgd,\n", text: "  trial,\n" },
  ],
};

const loss: Recipe = {
  title: "Add a loss",
  edits: [
    {
      file: "src/compiler/library/losses/elementwise.ts",
      after: "  element: squaredDifference,\n});\n",
      text: `
/** mean (2d)² */
export const trial = elementwise({
  name: "trial",
  about: "mean squared error of doubled values",
  keys: {},
  threshold: valueThreshold,
  element: (g, p, t) => g.multiply(4, squaredDifference(g, p, t)),
});
`,
    },
    {
      file: "src/compiler/library/losses/index.ts",
      after: 'import { crossEntropy } from "./cross-entropy.ts";\n',
      text: 'import { trial } from "./elementwise.ts";\n',
    },
    { file: "src/compiler/library/losses/index.ts", after: "export const losses = {\n", text: "  trial,\n" },
  ],
};

const rule: Recipe = {
  title: "Add a rewrite rule",
  edits: [
    {
      file: "src/compiler/passes/rules/arithmetic.ts",
      after: "export const arithmeticRules = [\n",
      text: `  defineRule({
    name: "trial",
    equation: "½ · (2 · x) = x",
    root: "multiply",
    apply(node) {
      if (scalarOf(node.operands.x) !== 0.5) return undefined;
      const inner = node.operands.y;
      return is(inner, "multiply") && scalarOf(inner.operands.x) === 2 ? inner.operands.y : undefined;
    },
  }),
`,
    },
  ],
};

const format: Recipe = {
  title: "Add a data format",
  edits: [
    {
      file: "src/command/formats/tables/read-trial.ts",
      text: `/** Reads a line that names the column, and a line of numbers between bars, each of which is a row. */
import { wholeOf } from "./open-bytes.ts";
import { tableBuilder, type ReadTable } from "./table-builder.ts";
import type { Wanted } from "./column-builder.ts";

export async function readTrial(file: string, wanted: Wanted): Promise<ReadTable> {
  const [name = "", cells = ""] = Buffer.from(await wholeOf(file)).toString().slice(6).split("\\n");
  const table = tableBuilder(file, wanted);
  table.begin({ cells: [name], line: 1 });
  cells.split("|").forEach((cell, i) => table.add(i + 2, 1, () => cell));
  return table.end();
}
`,
    },
    {
      file: "src/command/formats/tables/read-table.ts",
      after: 'import { readJsonLines } from "./read-json-lines.ts";\n',
      text: 'import { readTrial } from "./read-trial.ts";\n',
    },
    {
      file: "src/command/formats/tables/read-table.ts",
      after: "  [/^\\x93NUMPY/, readNpy],\n",
      text: "  [/^TRIAL/, readTrial],\n",
    },
  ],
};

const flag: Recipe = {
  title: "Add a flag",
  edits: [
    {
      file: "src/command/cli/options.ts",
      after: '    .option("--resume <checkpoint>", "continue training from this checkpoint")\n',
      text: '    .option("--trial", "do nothing else")\n',
    },
    {
      file: "src/command/train/train-flags.ts",
      after: "  readonly resume?: string;\n",
      text: "  readonly trial?: boolean;\n",
    },
  ],
};

const pass: Recipe = {
  title: "Add a pass",
  edits: [
    {
      file: "src/compiler/passes/trial.ts",
      text: `/**
 * Purpose   None.
 * Requires  a graph.
 * Ensures   the same graph.
 * Example   %a = neg %x   =>   %a = neg %x
 */
import { definePass } from "./define.ts";

export const trial = definePass("trial", (graph) => graph);
`,
    },
    {
      file: "src/compiler/pipeline.ts",
      after: 'import { simplify } from "./passes/simplify.ts";\n',
      text: 'import { trial } from "./passes/trial.ts";\n',
    },
    {
      file: "src/compiler/pipeline.ts",
      after: "export const graphPasses: readonly Pass[] = [\n",
      text: "  trial, // first, for no reason\n",
    },
  ],
};

const loopStage: Recipe = {
  title: "Add a loop stage",
  edits: [
    {
      file: "src/compiler/schedule/trial.ts",
      text: `/**
 * Purpose   None.
 * Requires  kernels.
 * Ensures   the same kernels.
 * Example   y[i] = x[i]   =>   y[i] = x[i]
 */
import { defineKernelStage } from "../stages/loops.ts";

export const trialStage = defineKernelStage("trial-stage", (kernel) => kernel);
`,
    },
    {
      file: "src/compiler/pipeline.ts",
      after:
        'import { eliminateCommonSubexpressions } from "./schedule/eliminate-common-subexpressions.ts";\n',
      text: 'import { trialStage } from "./schedule/trial.ts";\n',
    },
    {
      file: "src/compiler/pipeline.ts",
      after: "export const scalarSchedule: ScalarSchedule = {\n  loops: [\n",
      text: "    trialStage, // first, for no reason\n",
    },
  ],
};

const target: Recipe = {
  title: "Add a target",
  edits: [
    {
      file: "src/compiler/emit/trial.ts",
      text: `/** The optimized graph of a step, in its text form. */
import { printGraph } from "../ir/text.ts";
import type { Graph } from "../ir/nodes.ts";

export const emitTrial = ({ gradient }: { readonly gradient: Graph }) => ({
  text: printGraph(gradient),
  lines: () => [],
});
`,
    },
    {
      file: "src/compiler/targets.ts",
      after: "export const targets = {\n",
      text: `  trial: {
    from: "graph",
    makes: "text",
    ending: "txt",
    abilities: [],
    emit: async ({ graphs }) => (await import("./emit/trial.ts")).emitTrial(graphs),
  },
`,
    },
  ],
};

export const recipes: readonly Recipe[] = [
  op,
  elementary,
  layer,
  optimizer,
  loss,
  pass,
  rule,
  loopStage,
  target,
  format,
  flag,
];
