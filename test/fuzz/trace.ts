/**
 * Computes the results of a spec on given data as a list of named results: once from the graphs in ball
 * arithmetic, and once from an emitted trainer. Before each step, the parameters are set to the same numbers
 * in both. Therefore, an incorrect step does not hide another one, and rounding errors do not accumulate over
 * steps. Optimizer states are not reset. Averaged parameters are not set, because that would change the
 * average.
 */
import type { Compilation } from "../../src/compiler/pipeline.ts";
import { sizeOf } from "../../src/runtime/model/facts.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import type { Trainer } from "../../src/runtime/trainer/trainer.ts";
import { rowsIn } from "../../src/compiler/reference/program-memory.ts";
import type { Ball } from "./ball.ts";
import { BallTrainer } from "./ball-trainer.ts";
import type { Programs } from "./ball-trainer.ts";
import type { FuzzData, Parameters } from "./random-batch.ts";

/** The results by description, such as `gradient of dense1.weight, step 1`. */
export type BallTrace = ReadonlyMap<string, Ball>;
export type NumberTrace = ReadonlyMap<string, ArrayLike<number>>;

/** How to run a spec, on the graphs and on all trainers. */
export interface Plan {
  readonly compilation: Compilation;
  readonly facts: ModelFacts;
  readonly seed: number;
  readonly data: FuzzData;
  /** The parameters at the start of each step; undefined if training continues without setting them. */
  readonly starts: readonly (Parameters | undefined)[];
}

/** Joins the rows of these batches into one batch. */
export function joined(facts: ModelFacts, batches: readonly Batch[]): Batch {
  const names = [...Object.keys(facts.inputs), ...Object.keys(facts.targets)];
  return Object.fromEntries(
    names.map((name) => [name, Float64Array.from(batches.flatMap((batch) => Array.from(batch[name])))]),
  );
}

/** Returns the batch without its targets and without the inputs that only the loss reads. */
const inputsOf = ({ inputs }: ModelFacts, batch: Batch): Batch =>
  Object.fromEntries(
    Object.entries(inputs).flatMap(([name, { onlyLoss }]) => (onlyLoss ? [] : [[name, batch[name]]])),
  );

/** The number of batches in one call of `steps`. */
export const groupSize = ({ compilation: { model } }: Pick<Plan, "compilation">): number =>
  model.training.accumulate ?? 1;

/** The results of the graphs, and the parameters at the start of each step. */
export function traceOfGraphs(
  programs: Programs,
  plan: Omit<Plan, "starts">,
  starts?: Plan["starts"],
): { trace: BallTrace; starts: Plan["starts"] } {
  const { data, facts, compilation } = plan;
  const trainer = new BallTrainer(programs, plan);
  const trace = new Map<string, Ball>();
  const put = (name: string, ball: Ball | undefined) => ball && trace.set(name, ball);
  const putGradients = (text: string) => {
    for (const { name, trainable } of facts.parameters)
      if (trainable) put(`gradient of ${name}, ${text}`, trainer.gradientOf(name));
  };
  trainer.setParameters(data.parameters);
  put("predictions", trainer.predict(data.batches[0]));
  for (const [name, ball] of trainer.evaluate(data.batches[0])) put(`evaluated ${name}`, ball);
  for (const [name, ball] of trainer.evaluate(...data.batches)) put(`evaluated ${name}, all rows`, ball);
  data.batches.slice(0, 2).forEach((batch, i) => {
    put(`loss, batch ${i}`, trainer.gradient(batch));
    putGradients(`batch ${i}`);
  });

  const isAveraged = compilation.model.training.average !== undefined;
  const taken: (Parameters | undefined)[] = [];
  const stepper = new BallTrainer(programs, plan);
  stepper.setParameters(data.parameters);
  data.batches.forEach((batch, i) => {
    const start = starts === undefined ? startOf(stepper, facts, isAveraged, i, data.parameters) : starts[i];
    taken.push(start);
    if (start !== undefined) stepper.setParameters(start);
    put(`loss, step ${i}`, stepper.gradient(batch));
    for (const { name, trainable } of facts.parameters)
      if (trainable) put(`gradient of ${name}, step ${i}`, stepper.gradientOf(name));
    stepper.update(rowsIn(facts, batch));
    for (const { name, trainable } of facts.parameters)
      if (!trainable) put(`${name} after step ${i}`, stepper.parameter(name));
  });
  if (groupSize(plan) > 1) {
    const group = new BallTrainer(programs, plan);
    group.setParameters(data.parameters);
    const batches = data.batches.slice(0, 2).toSorted((a, b) => rowsIn(facts, b) - rowsIn(facts, a));
    put("loss of a group", group.gradient(...batches));
    for (const { name, trainable } of facts.parameters)
      if (trainable) put(`gradient of ${name}, group`, group.gradientOf(name));
  }
  return { trace, starts: taken };
}

/**
 * Returns the parameters after the last step, rounded to f32. The first step starts with the given
 * parameters.
 */
function startOf(
  trainer: BallTrainer,
  { parameters }: ModelFacts,
  isAveraged: boolean,
  step: number,
  first: Parameters,
): Parameters | undefined {
  if (step === 0) return first;
  if (isAveraged) return undefined;
  const entries = parameters.map(({ name, shape }) => {
    const mid = trainer.parameter(name)?.mid ?? new Float64Array(sizeOf(shape));
    return [name, mid.map(Math.fround)] as const;
  });
  return Object.fromEntries(entries);
}

const setParameters = (trainer: Trainer, values: Parameters): void => {
  for (const [name, view] of Object.entries(trainer.parameters)) view.set(values[name]);
};

/** Returns the results of an emitted trainer, under the same names. */
export function traceOfTrainer(make: () => Trainer, { data, facts, starts, ...plan }: Plan): NumberTrace {
  const trace = new Map<string, ArrayLike<number>>();
  const put = (name: string, values: ArrayLike<number>) => trace.set(name, Float64Array.from(values));
  const putSummary = (summary: Readonly<Record<string, number>>, text: string) => {
    for (const [name, value] of Object.entries(summary)) put(`evaluated ${name}${text}`, [value]);
  };
  const trainer = make();
  setParameters(trainer, data.parameters);
  put("predictions", trainer.predict(inputsOf(facts, data.batches[0])));
  putSummary(trainer.evaluate(data.batches[0]), "");
  putSummary(trainer.evaluateAll(joined(facts, data.batches)), ", all rows");
  data.batches.slice(0, 2).forEach((batch, i) => {
    put(`loss, batch ${i}`, [trainer.gradient(batch)]);
    for (const [name, view] of Object.entries(trainer.gradients))
      put(`gradient of ${name}, batch ${i}`, view);
  });
  data.batches.forEach((batch, i) => {
    const start = starts[i];
    if (start !== undefined) setParameters(trainer, start);
    put(`loss, step ${i}`, [trainer.step(batch)]);
    for (const [name, view] of Object.entries(trainer.gradients)) put(`gradient of ${name}, step ${i}`, view);
    for (const [name, view] of Object.entries(trainer.parameters)) put(`${name} after step ${i}`, view);
  });
  if (groupSize(plan) > 1) {
    const group = make();
    setParameters(group, data.parameters);
    const batches = data.batches.slice(0, 2).toSorted((a, b) => rowsIn(facts, b) - rowsIn(facts, a));
    put("loss of a group", [group.steps(joined(facts, batches), 1)]);
    for (const [name, view] of Object.entries(group.gradients)) put(`gradient of ${name}, group`, view);
  }
  return trace;
}

/**
 * Computes, in ball arithmetic, the updates that follow from the gradients of a trainer. The gradients count
 * as exact, so the bound is that of the update alone. This is necessary because optimizers divide by the size
 * of a gradient: for a gradient that consists only of rounding errors, any update would be within the bound.
 */
export function traceOfUpdates(
  programs: Programs,
  { data, facts, starts, ...plan }: Plan,
  actual: NumberTrace,
): BallTrace {
  const trace = new Map<string, Ball>();
  const trainer = new BallTrainer(programs, { ...plan, facts });
  const trainable = facts.parameters.filter((parameter) => parameter.trainable);
  data.batches.forEach((batch, i) => {
    const start = starts[i];
    if (start !== undefined) trainer.setParameters(start);
    const gradients = trainable.map(
      ({ name }) => [name, actual.get(`gradient of ${name}, step ${i}`) ?? []] as const,
    );
    trainer.begin();
    trainer.setGradients(Object.fromEntries(gradients));
    trainer.update(rowsIn(facts, batch));
    for (const { name } of trainable) {
      const ball = trainer.parameter(name);
      if (ball !== undefined) trace.set(`${name} after step ${i}`, ball);
    }
  });
  return trace;
}
