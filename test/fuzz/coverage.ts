/**
 * Shows the coverage of a run as tables: layers by target and size, stages by whether skipping them changed
 * anything, and options.
 */
import Table from "cli-table3";
import { emptyReasons, layerTypes, sizeClasses, sizeClassOf } from "./demands.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import { factsOf } from "./spec-facts.ts";
import { passNames, stageNames } from "./rotation.ts";

/** Plain counts, so that a child process can send them. */
export type Counts = Record<string, number>;

export const addCounts = (into: Counts, more: Counts): void => {
  for (const [key, count] of Object.entries(more)) into[key] = (into[key] ?? 0) + count;
};

const cell = (...parts: readonly string[]): string => parts.join(" | ");

const nameOf = (choice: Json | undefined): string => {
  if (typeof choice === "string") return choice;
  const { type, formula } = Object(choice) as JsonObject;
  return formula === undefined ? String(type) : "formula";
};

/**
 * The loss and its keys. With `losses`, the losses and keys of all targets, and whether the losses read the
 * same layer.
 */
function lossOptions(spec: JsonObject): readonly string[] {
  const entries = Object.values(Object(spec.losses) as JsonObject).map(
    (entry) => Object(entry) as JsonObject,
  );
  const losses = spec.losses === undefined ? [spec.loss] : entries.map(({ loss }) => loss);
  const isShared = new Set(entries.map(({ from }) => from)).size < entries.length;
  const keys = entries.flatMap((entry) =>
    ["weight", "classWeights", "sampleWeights", "metrics"].filter((key) => entry[key] !== undefined),
  );
  return [
    ...losses.map((loss) => `loss ${nameOf(loss)}`),
    ...losses
      .flatMap((loss) => Object.keys(Object(loss)))
      .filter((key) => ["smoothing", "delta"].includes(key))
      .map((key) => `loss key ${key}`),
    ...keys.map((key) => `losses key ${key}`),
    ...(entries.length === 0 ? [] : [`losses ${isShared ? "of one layer" : "of a layer each"}`]),
    ...(entries.some(({ weight }) => weight === 0) ? ["losses weight 0"] : []),
  ];
}

/** The optional keys of layers that the table of options counts. */
const layerKeys = [
  "groups",
  "dilation",
  "outputPadding",
  "affine",
  "perChannel",
  "size",
  "alignCorners",
  "order",
];

/** The options that a spec uses, as `loss mse`. */
function optionsOf(spec: JsonObject): readonly string[] {
  const training = Object(spec.training) as JsonObject;
  const optimizer = Object(spec.optimizer) as JsonObject;
  const activations: string[] = [];
  const visit = (value: Json | undefined): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null)
      for (const [key, inner] of Object.entries(value)) {
        if (key === "activation" || key === "fn") activations.push(`activation ${nameOf(inner)}`);
        if (key === "from" && typeof inner === "object") activations.push("layer from several");
        if (key === "trainable") activations.push("layer trainable false");
        if (key === "mask") activations.push("layer mask false");
        if (layerKeys.includes(key)) activations.push(`layer key ${key}`);
        visit(inner);
      }
  };
  visit(spec.network);
  const paddings = Object.values(Object(spec.inputs) as JsonObject).flatMap((input) =>
    ["padding", "lengths"].filter((key) => (Object(input) as JsonObject)[key] !== undefined),
  );
  const ofTraining = ["accumulate", "average", "classWeights", "sampleWeights"].filter(
    (key) => training[key] !== undefined,
  );
  const rate = typeof optimizer.learningRate === "object" ? nameOf(optimizer.learningRate) : "number";
  const keys = Object.keys(optimizer).filter((key) => !["type", "learningRate", "formula"].includes(key));
  return [
    ...activations,
    ...paddings.map((key) => `input ${key}`),
    ...lossOptions(spec),
    `optimizer ${nameOf(optimizer)}`,
    ...keys.map((key) => `optimizer key ${key}`),
    `rate ${rate}`,
    ...ofTraining.map((key) => `training ${key}`),
    ...(spec.regularization === undefined ? [] : ["regularization"]),
    `batch size ${String(training.batchSize)}`,
  ];
}

/**
 * The coverage of one spec. `ran` lists the backends, such as `f32 simd`. `stages` contains the skipped
 * stages, and whether skipping them changed anything.
 */
export function countsOf(
  spec: JsonObject,
  ran: readonly string[],
  stages: Readonly<Record<string, boolean>>,
): Counts {
  const counts: Counts = {};
  const count = (key: string) => (counts[key] = (counts[key] ?? 0) + 1);
  for (const { type, shape } of factsOf(spec)?.layers ?? [])
    for (const way of ran) count(cell("layer", type, way, sizeClassOf(shape)));
  for (const [stage, isApplied] of Object.entries(stages))
    count(cell("stage", stage, isApplied ? "applied" : "no change"));
  for (const option of optionsOf(spec)) count(cell("option", option));
  return counts;
}

const ways = ["f64 ts", "f64 simd", "f64 relaxed", "f32 ts", "f32 simd", "f32 relaxed"];

function layerTable(counts: Counts): { readonly text: string; readonly empty: readonly string[] } {
  const ran = ways.filter((way) =>
    Object.keys(counts).some((key) => key.startsWith("layer") && key.includes(`| ${way} |`)),
  );
  const table = new Table({
    head: ["layer", ...ran.flatMap((way) => sizeClasses.map((size) => `${way} ${size}`))],
  });
  const empty: string[] = [];
  for (const type of layerTypes) {
    const row = ran.flatMap((way) => sizeClasses.map((size) => counts[cell("layer", type, way, size)] ?? 0));
    table.push([type, ...row.map(String)]);
    if (row.every((n) => n === 0)) empty.push(`layer ${type}: ${emptyReasons[type] ?? "not drawn"}`);
    else
      ran.forEach((way, w) =>
        sizeClasses.forEach((size, s) => {
          if (row[w * sizeClasses.length + s] === 0)
            empty.push(
              `layer ${type}, ${way}, size ${size}: ${emptyReasons[`${type} ${size}`] ?? "not drawn"}`,
            );
        }),
      );
  }
  return { text: table.toString(), empty };
}

/**
 * For each stage whose skipping changes no program of the fuzzer: the reason, and the test that covers the
 * stage.
 */
const stageReasons: Readonly<Record<string, string>> = {
  "move-transposes":
    "the layers of specs have channels last; only imported graphs have products to transpose: " +
    "test/compiler/passes/move-transposes.test.ts",
  "remove-dead-nodes":
    "lowering includes only the nodes on which outputs depend, so dead nodes change no loops: " +
    "test/compiler/passes/small-passes.test.ts, test/compiler/ir/recurrence.test.ts",
  "mark-parallel-loops":
    "kernels of small models are too short to be shared; in every eighth spec, all parallel loops are marked " +
    "(test/fuzz/threads.ts)",
};

const stageReason = (stage: string, unchanged: number): string =>
  stageReasons[stage] ?? (unchanged === 0 ? "not skipped in this run" : "changed nothing in this run");

function stageTable(counts: Counts): { readonly text: string; readonly empty: readonly string[] } {
  const table = new Table({ head: ["skipped stage", "changed the program", "changed nothing"] });
  const empty: string[] = [];
  for (const stage of [...passNames, ...stageNames]) {
    const [applied, not] = ["applied", "no change"].map((what) => counts[cell("stage", stage, what)] ?? 0);
    table.push([stage, String(applied), String(not)]);
    if (applied === 0) empty.push(`stage ${stage}: ${stageReason(stage, not)}`);
  }
  return { text: table.toString(), empty };
}

/** All tables, followed by a list of their empty cells. */
export function coverageText(counts: Counts): string {
  const [ofLayers, ofStages] = [layerTable(counts), stageTable(counts)];
  const options = Object.entries(counts).filter(([key]) => key.startsWith("option"));
  const list = options.map(([key, n]) => `${key.slice("option | ".length)}: ${n}`).sort();
  const empty = [...ofLayers.empty, ...ofStages.empty];
  const plain = (text: string) => text.replaceAll(/\u001b\[\d+m/g, "");
  return [
    "Layers, by kernels and element type, and by the size of their last axis",
    plain(ofLayers.text),
    "Stages of the compiler",
    plain(ofStages.text),
    `Options, by number of specs\n${list.join("\n")}`,
    `Empty cells\n${empty.length === 0 ? "none" : empty.join("\n")}`,
  ].join("\n\n");
}
