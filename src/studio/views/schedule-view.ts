/**
 * The view of the learning-rate schedule: the rate of every step of a run, including warm-up. The reference
 * interpreter computes the rates from the compiled graph.
 */
import { learningRateStorage, stepStorage } from "../../compiler/ir/storage.ts";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { makeGraph } from "../../compiler/ir/nodes.ts";
import type { Compilation } from "../../compiler/pipeline.ts";
import { evaluateGraph } from "../../compiler/reference/interpret.ts";
import { chartSvg, panelText, type Panel } from "../charts/index.ts";
import type { Schedule, Training } from "../../compiler/spec/types.ts";
import type { View } from "./view.ts";
import type { Run, Subject } from "../explain/subject.ts";

/** The steps that are shown: those of the whole run or, if that number is unknown, those of the schedule. */
interface Span extends Partial<Run> {
  readonly stepsAnEpoch?: number;
  readonly steps: number;
}

/** The maximum number of steps that are evaluated. A longer run is sampled at evenly spaced steps. */
const maxSamples = 10_000;
/** The number of steps shown for a schedule without an end if the number of rows is unknown. */
const someSteps = 1000;

export function scheduleView({ compilation, run }: Subject): View {
  const { model } = compilation;
  const schedule = model.optimizer.learningRate;
  const span = spanOf(compilation, run);
  const rates = ratesOf(compilation, sampledSteps(span.steps));
  const notes = notesOn(schedule, span);
  const panel: Panel = {
    title: `learning rate: ${schedule.type}`,
    x: { label: "step", isInteger: true },
    y: { label: "learning rate" },
    series: [{ name: "learning rate", points: rates }],
    marks: schedule.warmup === undefined ? [] : [{ x: schedule.warmup.steps, label: "end of warm-up" }],
  };
  const about = spanText(span, model.training);
  return {
    text: () => `${[panelText(panel, { width: 80, height: 14 }), about, ...notes].join("\n")}\n`,
    json: () => ({ model: model.name, schedule, ...span, notes, rates }),
    svg: () =>
      chartSvg({ title: `${model.name}: learning rate over the run`, subtitle: about, panels: [panel] }),
  };
}

function spanOf({ model: { training, optimizer } }: Compilation, run: Run | undefined): Span {
  if (run === undefined) return { steps: ownSteps(optimizer.learningRate) ?? someSteps };
  const stepsAnEpoch = Math.ceil(run.rows / (training.batchSize * (training.accumulate ?? 1)));
  return { ...run, stepsAnEpoch, steps: stepsAnEpoch * run.epochs };
}

/** The number of steps of a schedule, including its warm-up; undefined if the schedule has no end. */
const ownSteps = (schedule: Schedule): number | undefined =>
  "steps" in schedule ? (schedule.warmup?.steps ?? 0) + schedule.steps : undefined;

/** Samples the steps from 1 to the last, both included. */
function sampledSteps(steps: number): number[] {
  const count = Math.min(steps, maxSamples);
  return Array.from({ length: count }, (_, i) => 1 + Math.round((i * (steps - 1)) / Math.max(1, count - 1)));
}

/**
 * Returns the learning rate of each of these steps. The compiled update reads the number of completed steps
 * and returns the rate of the next step.
 */
function ratesOf(
  { derived: { update } }: Compilation,
  steps: readonly number[],
): [step: number, rate: number][] {
  const rate = update.outputs.find(({ storage }) => storage === learningRateStorage);
  invariant(rate !== undefined, "the update has no learning rate");
  const graph = makeGraph("schedule", [rate]);
  return steps.map((step) => {
    const taken = new Map([[stepStorage, { shape: [], data: Float64Array.of(step - 1) }]]);
    return [step, evaluateGraph(graph, taken, 1).get(rate.node)?.data[0] ?? NaN];
  });
}

const count = (value: number): string => value.toLocaleString("en-US");

function spanText({ rows, epochs, stepsAnEpoch, steps }: Span, { batchSize, accumulate }: Training): string {
  if (rows === undefined || stepsAnEpoch === undefined)
    return `the number of steps of a run depends on its data; ${count(steps)} are shown`;
  return (
    `${count(steps)} steps: ${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${count(stepsAnEpoch)}, ` +
    `for ${count(rows)} rows in ${accumulate === undefined ? "" : `steps of ${accumulate} `}batches ` +
    `of ${batchSize}`
  );
}

/** Returns notes for the user if the schedule and the training end at different steps. */
function notesOn(schedule: Schedule, { rows, steps }: Span): string[] {
  const own = ownSteps(schedule);
  if (own === undefined || rows === undefined || own === steps) return [];
  const warmup = schedule.warmup?.steps ?? 0;
  const fit = steps > warmup ? `; with "steps": ${steps - warmup} it would end with the training` : "";
  return own < steps
    ? [
        `the schedule ends at step ${count(own)}: the remaining ${count(steps - own)} steps keep the last rate${fit}`,
      ]
    : [`training ends at step ${count(steps)}, before the schedule, which ends at step ${count(own)}${fit}`];
}
