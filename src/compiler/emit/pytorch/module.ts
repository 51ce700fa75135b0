/**
 * Assembles the emitted file: the model, its loss and metrics, the optimizer, initial parameters, random numbers, the
 * trainer, its checkpoints, and a program that reads data. Parts that a model does not need are left out.
 */
import { operandsOf } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { Context } from "./context.ts";
import type { Helper } from "./context.ts";
import { bodyOf, usedNodes, writeModel } from "./model.ts";
import type { ModelPlan, ParameterPlace } from "./model.ts";
import { rules } from "./operators.ts";
import { checkpointsText } from "./parts/checkpoints.ts";
import { findFunctions } from "./recognise-functions.ts";
import { dataText } from "./parts/data.ts";
import type { DataFeatures } from "./parts/data.ts";
import { processHelpers, processes, shardTotals, shards } from "./parts/processes.ts";
import { programText } from "./parts/program.ts";
import type { ProgramFeatures } from "./parts/program.ts";
import {
  dropout,
  dropoutModule,
  foldHelper,
  initialise,
  initialisers,
  parametersModule,
  randomNumbers,
  realHelper,
} from "./parts/random.ts";
import type { InitialiserKind } from "./parts/random.ts";
import { trainingText } from "./parts/training.ts";
import type { TrainingFeatures } from "./parts/training.ts";
import { commentText, identifier, literal, numberText, stringText } from "./python-text.ts";
import type { Literal } from "./python-text.ts";
import { ownSums, rowRefusals } from "./rows.ts";
import { writeUpdate } from "./update.ts";
import type { UpdatePlan } from "./update.ts";

/** The call that makes the initialiser of a parameter. */
export interface InitialiserCall {
  readonly kind: InitialiserKind;
  readonly arguments: readonly (number | string)[];
  /** The description, for a comment. */
  readonly about: string;
}

export interface InitialParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly trainable: boolean;
  readonly initialiser: InitialiserCall;
}

/** A function of values: its results by name. */
export interface FunctionPlan {
  readonly results: readonly { readonly name: string; readonly node: Node }[];
}

/** A value that a function reads: a node, and its name. */
export interface NamedNode {
  readonly name: string;
  readonly node: Node;
}

export interface ModulePlan {
  readonly banner: readonly string[];
  readonly model: ModelPlan;
  readonly loss: {
    readonly sums: FunctionPlan;
    /** The totals that the value reads. */
    readonly totals: readonly NamedNode[];
    readonly value: Node;
    readonly penalty: Node | undefined;
  };
  readonly metrics: {
    readonly sums: FunctionPlan;
    readonly totals: readonly NamedNode[];
    readonly summary: FunctionPlan;
  };
  /** The leaves that represent outputs of the model, in its order. */
  readonly outputs: readonly NamedNode[];
  /** The buffers of the model by storage. */
  readonly buffers: ReadonlyMap<string, string>;
  readonly update: UpdatePlan;
  readonly parameters: readonly InitialParameter[];
  /** The facts in checkpoints about the model, except its name, its type of numbers and its parameters. */
  readonly facts: Readonly<Record<string, Literal>>;
  readonly constants: Readonly<Record<string, Literal>>;
  /** The fields of the data by name: the encoder and its arguments. */
  readonly fields: readonly FieldPlan[];
  readonly training: Pick<TrainingFeatures, "isAveraged" | "shuffles" | "accumulate">;
  readonly data: DataFeatures | undefined;
  readonly program: Pick<ProgramFeatures, "balanced" | "units">;
}

export interface FieldPlan {
  readonly name: string;
  readonly encoder: string;
  readonly arguments: Readonly<Record<string, Literal | undefined>>;
}

/** The names of the emitted file at the top level. Variables of functions must not hide them. */
const fileNames = (
  "Model Draws Dropout Parameters Shards Trainer Table InputError Diverged real fold mix random_key random_bits " +
  "random_units shuffle initialise loss_sums loss_value penalty metric_sums summary update new_states " +
  "model batch draws totals sum_over_processes row_positions"
).split(" ");

const titled = (title: string, texts: readonly string[]): readonly string[] =>
  texts.length === 0 ? [] : [`# ${title} ${"-".repeat(Math.max(3, 116 - title.length))}`, ...texts];

export function moduleText(plan: ModulePlan): string {
  const helpers = new Set<Helper>();
  const written = writeModel(plan.model, helpers, fileNames);
  const measures = measureTexts(plan, written.inputs, helpers);
  const update = writeUpdate(plan.update, helpers, fileNames);
  const usesParameters = written.lines.some((line) => line.includes("= Parameters("));
  const usesDropout = written.lines.some((line) => line.includes("= Dropout("));
  if (written.usesRandom) helpers.add("real").add("row_positions");
  const hasStatistics = plan.model.layers.some(({ training }) => training.statistics.size > 0);
  const features: TrainingFeatures = {
    ...plan.training,
    isRandom: written.usesRandom,
    hasPenalty: plan.loss.penalty !== undefined,
    hasStatistics,
    hasTotals: update.hasTotals,
  };
  const kinds = new Set(plan.parameters.map(({ initialiser }) => initialiser.kind));
  const named = kinds.has("orthogonal") ? new Set([...kinds, "normal" as const]) : kinds;
  const order: readonly InitialiserKind[] = ["uniform", "normal", "constant", "orthogonal", "given"];
  const data = plan.data && dataText(plan.data);
  const division = { refusals: refusalsOf(plan), isDivisible: update.isDivisible };
  const sections = [
    ...titled("Model", [
      ...(helpers.has("real") ? [realHelper] : []),
      ...(helpers.has("fold") ? [foldHelper] : []),
      ...(usesParameters ? [parametersModule] : []),
      ...(written.usesRandom ? [dropout] : []),
      ...(usesDropout ? [dropoutModule] : []),
      ...written.definitions.map((lines) => lines.join("\n")),
      written.lines.join("\n"),
    ]),
    ...titled("Loss and metrics", measures),
    ...titled("Optimizer", [update.text]),
    ...titled("Random numbers and initial parameters", [
      randomNumbers,
      ...order.flatMap((kind) => (named.has(kind) ? [initialisers[kind]] : [])),
      parametersText(plan.parameters, written.places),
      initialise,
    ]),
    ...titled("Processes", [
      processes,
      shards.replace("TOTAL", update.hasTotals ? shardTotals : ""),
      ...(helpers.has("sum_over_processes") ? [processHelpers.sum_over_processes] : []),
      ...(helpers.has("row_positions") ? [processHelpers.row_positions] : []),
    ]),
    ...titled("Training", [trainingText(features)]),
    ...titled("Checkpoints", [checkpointsOf(plan)]),
    ...titled("Data", data === undefined ? [] : [data.reading, fieldsText(plan.fields), data.splitting]),
    ...titled("Program", [programText({ ...plan.program, data: plan.data, ...division })]),
  ];
  const body = joined(sections);
  return `${headText(plan, body)}\n\n\n${body}\n`;
}

function checkpointsOf({ facts, update, buffers, training }: ModulePlan): string {
  const about = "# The facts about the model in checkpoints. A checkpoint of another specHash is refused.";
  const declaration = `${about}\nMODEL = ${literal(facts, "", 8)}`;
  return checkpointsText(declaration, {
    isAveraged: training.isAveraged,
    hasVectors: update.states.some(({ isScalar }) => !isScalar),
    hasScalars: update.states.some(({ isScalar }) => isScalar),
    buffers: [...buffers].map(([storage, buffer]) => ({ storage: stringText(storage), buffer })),
  });
}

/** Where the model keeps each parameter. */
export const placesIn = (plan: ModelPlan): ReadonlyMap<string, ParameterPlace> =>
  writeModel(plan, new Set(), fileNames).places;

/** Two empty lines between definitions; one after a title. */
function joined(sections: readonly string[]): string {
  let text = "";
  for (const section of sections) {
    const isTitle = section.startsWith("# ");
    const gap = text === "" ? "" : isTitle || !text.endsWith("-") ? "\n\n\n" : "\n\n";
    text += gap + section.trim();
  }
  return text;
}

const libraries =
  "argparse base64 contextlib csv errno gzip itertools json math os re sys unicodedata zlib".split(" ");

function headText({ banner, constants }: ModulePlan, body: string): string {
  const uses = (name: string): boolean => new RegExp(`\\b${name}\\.`).test(body);
  const lines = [
    ...banner.map((line) => (line === "" ? "#" : `# ${line}`)),
    "",
    ...libraries.filter(uses).map((name) => `import ${name}`),
    ...(body.includes("@dataclass") ? ["from dataclasses import dataclass"] : []),
    "",
    "import numpy as np",
    "import torch",
    "import torch.distributed as dist",
    ...(uses("F") ? ["import torch.nn.functional as F"] : []),
    "from torch import nn",
    "from torch.distributed.nn.functional import all_reduce",
    "",
    ...Object.entries(constants).map(([name, value]) => `${name} = ${literal(value, "", name.length + 3)}`),
  ];
  return lines.join("\n");
}

/** Why several processes cannot train the model. */
function refusalsOf({ model: { layers }, loss, metrics }: ModulePlan): readonly string[] {
  const values = layers.flatMap(({ training, evaluation }) => [
    training.value,
    ...training.statistics.values(),
    evaluation.value,
  ]);
  const measures = [loss.sums, metrics.sums].map(({ results }) => results.map(({ node }) => node));
  return rowRefusals(values, measures);
}

// Loss and metrics.

function functionContext(
  plan: ModulePlan,
  helpers: Set<Helper>,
  taken: readonly string[],
  given: readonly NamedNode[],
  results: readonly Node[],
  own?: ReadonlySet<Node>,
): Context {
  const leaf = (storage: string): string => {
    const buffer = plan.buffers.get(storage);
    return buffer === undefined ? `batch[${stringText(storage)}]` : `model.${buffer}`;
  };
  const { nodes } = bodyOf(results, new Set());
  const recognised = findFunctions(usedNodes(nodes, results));
  const surroundings = { rules, leaf, helpers, recognised, ownSums: own };
  const c = new Context(surroundings, [...fileNames, ...taken], ["loss"]);
  for (const { name, node } of given) c.bind(node, name);
  return c;
}

/** The nodes of leaves that the results read. */
function leavesOf(roots: readonly Node[]): readonly Node[] {
  const done = new Set<Node>();
  const open = [...roots];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (done.has(node)) continue;
    done.add(node);
    open.push(...operandsOf(node));
  }
  return [...done].filter(({ op }) => op === "input" || op === "parameter" || op === "state");
}

/** The lines of a dictionary that a function returns. A long entry becomes a variable. */
function returned(
  results: readonly { readonly name: string }[],
  texts: readonly string[],
  c: Context,
): readonly string[] {
  const entries = results.map(({ name }, i) => {
    const entry = `${stringText(name)}: ${texts[i]}`;
    if (entry.length <= longestEntry) return entry;
    const variable = c.name(name);
    c.line(`${variable} = ${texts[i]}`);
    return `${stringText(name)}: ${variable}`;
  });
  const flat = `return {${entries.join(", ")}}`;
  return flat.length <= longestEntry ? [flat] : ["return {", ...entries.map((entry) => `    ${entry},`), "}"];
}

const longestEntry = 100;

/** A function of a batch: the model computes its outputs, from which the sums follow. */
function sumsText(
  plan: ModulePlan,
  name: string,
  about: string,
  { results }: FunctionPlan,
  inputs: readonly string[],
  helpers: Set<Helper>,
): string {
  const nodes = results.map(({ node }) => node);
  const leaves = new Set(leavesOf(nodes));
  const variables = plan.outputs.map(({ name: output }) => identifier(output));
  const c = functionContext(plan, helpers, variables, [], nodes, ownSums(nodes));
  plan.outputs.forEach(({ node }, i) => c.bind(node, variables[i]));
  const fields = new Map<string, string>();
  for (const leaf of leaves) {
    if (leaf.op !== "input" || plan.outputs.some(({ node }) => node === leaf)) continue;
    const { name: field } = leaf.attributes;
    const variable = fields.get(field) ?? c.name(field);
    fields.set(field, variable);
    c.bind(leaf, variable);
  }
  const texts = c.write(nodes);
  const given = inputs.map((input) => `batch[${stringText(input)}]`).join(", ");
  const size = c.usesBatchSize ? [`n = len(${variables[0]})`] : [];
  const end = returned(results, texts, c);
  const body = [
    `"""${about}"""`,
    `${variables.join(", ")} = model(${given})`,
    ...[...fields].map(([field, variable]) => `${variable} = batch[${stringText(field)}]`),
    ...size,
    ...c.lines,
    ...end,
  ];
  return [`def ${name}(model, batch):`, ...body.map((line) => `    ${line}`)].join("\n");
}

/** A function of totals. */
function totalsText(
  plan: ModulePlan,
  name: string,
  about: string,
  totals: readonly NamedNode[],
  result: FunctionPlan | Node,
  helpers: Set<Helper>,
): string {
  const given = totals.map((total) => ({ ...total, name: `totals[${stringText(total.name)}]` }));
  const isValue = "op" in result;
  const results = isValue ? [] : result.results;
  const nodes = isValue ? [result] : results.map(({ node }) => node);
  const c = functionContext(plan, helpers, [], given, nodes);
  const texts = c.write(nodes);
  const end = isValue ? [`return ${texts[0]}`] : returned(results, texts, c);
  return [
    `def ${name}(totals):`,
    `    """${about}"""`,
    ...[...c.lines, ...end].map((line) => `    ${line}`),
  ].join("\n");
}

function measureTexts(plan: ModulePlan, inputs: readonly string[], helpers: Set<Helper>): readonly string[] {
  const { loss, metrics } = plan;
  return [
    sumsText(
      plan,
      "loss_sums",
      "The sums over the rows of a batch from which the loss is computed.",
      loss.sums,
      inputs,
      helpers,
    ),
    totalsText(
      plan,
      "loss_value",
      "The loss of all rows whose sums were added.",
      loss.totals,
      loss.value,
      helpers,
    ),
    ...(loss.penalty === undefined ? [] : [penaltyText(loss.penalty, helpers)]),
    sumsText(
      plan,
      "metric_sums",
      "The sums over the rows of a batch from which loss and metrics are computed.",
      metrics.sums,
      inputs,
      helpers,
    ),
    totalsText(
      plan,
      "summary",
      "The loss and the metrics of all rows whose sums were added.",
      metrics.totals,
      metrics.summary,
      helpers,
    ),
  ];
}

/** The parameters keep their names in the model, except those that `PARAMETERS` places elsewhere. */
function penaltyText(penalty: Node, helpers: Set<Helper>): string {
  const leaf = (storage: string): string => `weights[${stringText(storage)}]`;
  const c = new Context({ rules, leaf, helpers, recognised: new Map() }, [...fileNames, "weights"]);
  const [text] = c.write([penalty]);
  c.line(`return ${text}`);
  return [
    "def penalty(model):",
    '    """The regularization of the weights, which is added to the loss."""',
    "    tensors = dict(model.named_parameters())",
    "    places = {name: at or name for name, (_, _, at, _, _) in PARAMETERS.items()}",
    "    weights = {name: tensors[at] for name, at in places.items() if at in tensors}",
    ...c.lines.map((line) => `    ${line}`),
  ].join("\n");
}

// Initial parameters and fields.

function parametersText(
  parameters: readonly InitialParameter[],
  places: ReadonlyMap<string, ParameterPlace>,
): string {
  const lines = parameters.flatMap(({ name, shape, trainable, initialiser }) => {
    const { at, axes } = places.get(name) ?? { at: name };
    const given = initialiser.arguments.map((each) =>
      typeof each === "number"
        ? numberText(each, initialiser.kind !== "orthogonal")
        : literal(each, "        ", 20),
    );
    const tuple = (list: readonly number[]) => `(${list.join(", ")}${list.length === 1 ? "," : ""})`;
    const cells = [
      tuple(shape),
      `${initialiser.kind}(${given.join(", ")})`,
      at === name ? "None" : stringText(at),
      axes === undefined ? "None" : tuple(axes),
      trainable ? "True" : "False",
    ];
    const flat = `    ${stringText(name)}: (${cells.join(", ")}),`;
    const own =
      flat.length <= 116
        ? [flat]
        : [`    ${stringText(name)}: (`, ...cells.map((cell) => `        ${cell},`), "    ),"];
    return [`    # ${commentText(initialiser.about)}`, ...own];
  });
  return [
    "# The parameters by name in the spec: shape, initialiser, name in the model if that differs, order of axes in",
    "# PyTorch if that differs, and whether it is trained. The position in the list is the salt of its random numbers.",
    "PARAMETERS = {",
    ...lines,
    "}",
  ].join("\n");
}

function fieldsText(fields: readonly FieldPlan[]): string {
  const lines = fields.map(({ name, encoder, arguments: given }) => {
    const cells = Object.entries(given).flatMap(([key, value]) =>
      value === undefined ? [] : [`${key}=${literal(value, "        ", key.length + 2)}`],
    );
    const flat = `    ${stringText(name)}: ${encoder}(${cells.join(", ")}),`;
    if (flat.length <= 116 && !flat.includes("\n")) return flat;
    return [
      `    ${stringText(name)}: ${encoder}(`,
      ...cells.map((cell) => `        ${cell},`),
      "    ),",
    ].join("\n");
  });
  return [
    "# The inputs and targets: how columns of the file become numbers.",
    "FIELDS = {",
    ...lines,
    "}",
  ].join("\n");
}
