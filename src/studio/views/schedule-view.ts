/**
 * The learning rate of every step of a run, as the interpreter computes it from the graph that is compiled,
 * warm-up included.
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

/** What of the schedule is shown: the whole run; where that is not known, as much as the schedule has. */
interface Span extends Partial<Run> {
  readonly stepsAnEpoch?: number;
  readonly steps: number;
}

/** More steps than this are shown at so many places, evenly spread. */
const mostPlaces = 10_000;
/** Of a schedule without an end, over rows that nobody knows. */
const someSteps = 1000;

export function scheduleView({ compilation, run }: Subject): View {
  const { model } = compilation;
  const schedule = model.optimizer.learningRate;
  const span = spanOf(compilation, run);
  const rates = ratesOf(compilation, placesIn(span.steps));
  const notes = notesOn(schedule, span);
  const panel: Panel = {
    title: `learning rate: ${schedule.type}`,
    x: { label: "step", isWhole: true },
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

/** With its warm-up; undefined for one without an end. */
const ownSteps = (schedule: Schedule): number | undefined =>
  "steps" in schedule ? (schedule.warmup?.steps ?? 0) + schedule.steps : undefined;

/** Steps from 1 to the last, both shown. */
function placesIn(steps: number): number[] {
  const places = Math.min(steps, mostPlaces);
  return Array.from(
    { length: places },
    (_, i) => 1 + Math.round((i * (steps - 1)) / Math.max(1, places - 1)),
  );
}

/** The compiled update reads how many steps were taken, and says the rate of the next. */
function ratesOf(
  { derived: { update } }: Compilation,
  steps: readonly number[],
): [step: number, rate: number][] {
  const rate = update.outputs.find(({ storage }) => storage === learningRateStorage);
  invariant(rate !== undefined, "the update says its learning rate");
  const graph = makeGraph("schedule", [rate]);
  return steps.map((step) => {
    const taken = new Map([[stepStorage, { shape: [], data: Float64Array.of(step - 1) }]]);
    return [step, evaluateGraph(graph, taken, 1).get(rate.node)?.data[0] ?? NaN];
  });
}

const count = (value: number): string => value.toLocaleString("en-US");

function spanText({ rows, epochs, stepsAnEpoch, steps }: Span, { batchSize, accumulate }: Training): string {
  if (rows === undefined || stepsAnEpoch === undefined)
    return `how many steps a run takes is not known without its data; ${count(steps)} are shown`;
  return (
    `${count(steps)} steps: ${epochs} ${epochs === 1 ? "epoch" : "epochs"} of ${count(stepsAnEpoch)}, ` +
    `for ${count(rows)} rows in ${accumulate === undefined ? "" : `steps of ${accumulate} `}batches ` +
    `of ${batchSize}`
  );
}

/** Whether schedule and training end together. */
function notesOn(schedule: Schedule, { rows, steps }: Span): string[] {
  const own = ownSteps(schedule);
  if (own === undefined || rows === undefined || own === steps) return [];
  const warmup = schedule.warmup?.steps ?? 0;
  const fit = steps > warmup ? `; "steps": ${steps - warmup} would end with it` : "";
  return own < steps
    ? [
        `the schedule ends at step ${count(own)}: the ${count(steps - own)} steps after it keep its last rate${fit}`,
      ]
    : [`training ends at step ${count(steps)}, before the schedule does at step ${count(own)}${fit}`];
}
