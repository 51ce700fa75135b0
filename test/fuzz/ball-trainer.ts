/**
 * A trainer in ball arithmetic: it runs the programs of an emitted trainer on balls, and so bounds every
 * result. The programs run in the order of `runtime/trainer/trainer-of.ts`: the gradients of a batch or of a
 * group of batches, then the update.
 */
import type { Graph } from "../../src/compiler/ir/nodes.ts";
import type { Compilation, ProgramGraphs } from "../../src/compiler/pipeline.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import { sizeOf } from "../../src/runtime/model/facts.ts";
import type { Batch } from "../../src/runtime/step/batch.ts";
import { trainedStorage } from "../../src/compiler/ir/storage.ts";
import { batchStorage, rowsIn, stateStorage } from "../../src/compiler/reference/program-memory.ts";
import { ballOf, exactBall } from "./ball.ts";
import type { Ball } from "./ball.ts";
import { interpretBalls } from "./ball-graph.ts";

/** The graphs of a step before the graph passes. */
export type Programs = ProgramGraphs;

interface Facts {
  readonly compilation: Compilation;
  readonly facts: ModelFacts;
  readonly seed: number;
}

const flats = ["flat:parameters", "flat:gradients", "flat:trained"] as const;

export class BallTrainer {
  private readonly storage = new Map<string, Ball>();
  private readonly programs: Programs;
  private readonly facts: ModelFacts;
  private readonly trainable: readonly { readonly name: string; readonly shape: readonly number[] }[];

  constructor(programs: Programs, { compilation, facts, seed }: Facts) {
    this.programs = programs;
    this.facts = facts;
    this.trainable = facts.parameters.filter(({ trainable }) => trainable);
    for (const [name, tensor] of stateStorage(compilation.built.states, seed))
      this.storage.set(name, exactBall({ ...tensor, data: this.stored(tensor.data) }));
  }

  private stored(data: Float64Array): Float64Array {
    return this.facts.dtype === "f32" ? data.map(Math.fround) : data;
  }

  /** Sets parameters to exact numbers, like a program that writes to the parameter views of a trainer. */
  setParameters(values: Readonly<Record<string, ArrayLike<number>>>): void {
    for (const { name, shape } of this.facts.parameters)
      this.storage.set(name, exactBall({ shape, data: Float64Array.from(values[name]) }));
    this.gather("flat:parameters");
  }

  /** Replaces the gradients of the last call of `gradient`. */
  setGradients(values: Readonly<Record<string, ArrayLike<number>>>): void {
    for (const { name, shape } of this.trainable)
      this.storage.set(`gradient:${name}`, exactBall({ shape, data: Float64Array.from(values[name]) }));
  }

  parameter(name: string): Ball | undefined {
    return this.storage.get(name);
  }

  gradientOf(name: string): Ball | undefined {
    return this.storage.get(`gradient:${name}`);
  }

  private partNames(flat: (typeof flats)[number]): readonly string[] {
    const prefix = { "flat:parameters": "", "flat:gradients": "gradient:", "flat:trained": "" }[flat];
    return this.trainable.map(({ name }) => (flat === "flat:trained" ? trainedStorage(name) : prefix + name));
  }

  private gather(flat: (typeof flats)[number]): void {
    const parts = this.partNames(flat).map((name, i) => {
      const { shape } = this.trainable[i];
      const zeros = new Float64Array(sizeOf(shape));
      return this.storage.get(name) ?? ballOf(shape, zeros, zeros);
    });
    const [mid, rad] = [parts.flatMap((part) => [...part.mid]), parts.flatMap((part) => [...part.rad])];
    this.storage.set(flat, ballOf([mid.length], Float64Array.from(mid), Float64Array.from(rad)));
  }

  private scatter(flat: (typeof flats)[number], ball: Ball): void {
    let start = 0;
    this.partNames(flat).forEach((name, i) => {
      const { shape } = this.trainable[i];
      const end = start + sizeOf(shape);
      const [from, to] = [start, end];
      const ids = () => ball.ids().slice(from, to);
      this.storage.set(name, ballOf(shape, ball.mid.slice(start, end), ball.rad.slice(start, end), ids));
      start = end;
    });
  }

  /** Runs a graph on a batch and stores its outputs. */
  private run(graph: Graph, batch: Batch | undefined, rows: number): ReadonlyMap<string, Ball> {
    const given = batch === undefined ? [] : [...batchStorage(this.facts, batch)];
    const storage = new Map([
      ...this.storage,
      ...given.map(([name, tensor]) => [name, exactBall(tensor)] as const),
    ]);
    const outputs = interpretBalls(graph, storage, rows);
    for (const [name, ball] of outputs) this.storage.set(name, ball);
    for (const flat of flats) {
      const ball = outputs.get(flat);
      if (ball !== undefined) this.scatter(flat, ball);
    }
    return outputs;
  }

  /** Runs the programs that precede the gradients of a step. */
  begin(): void {
    if (this.programs.begin) this.run(this.programs.begin, undefined, 1);
  }

  /** Returns the loss of these batches as one group. Their gradients stay in storage. */
  gradient(...batches: readonly Batch[]): Ball {
    const { measure, gradient } = this.programs;
    this.begin();
    let loss = exactBall({ shape: [], data: Float64Array.of(NaN) });
    for (const graph of [measure, gradient])
      for (const batch of graph === undefined ? [] : batches)
        loss = this.run(graph ?? gradient, batch, rowsIn(this.facts, batch)).get("result:loss") ?? loss;
    return loss;
  }

  /** Updates the parameters by the stored gradients. `rows`: the number of rows of the gradients. */
  update(rows: number): void {
    this.gather("flat:gradients");
    this.run(this.programs.update, undefined, rows);
  }

  predict(batch: Batch): Ball | undefined {
    return this.run(this.programs.predict, batch, rowsIn(this.facts, batch)).get("result:output");
  }

  /** Loss and metrics of all batches together, by name. */
  evaluate(...batches: readonly Batch[]): ReadonlyMap<string, Ball> {
    for (const name of [...this.storage.keys()]) if (name.startsWith("totals:")) this.storage.delete(name);
    for (const batch of batches) this.run(this.programs.evaluate, batch, rowsIn(this.facts, batch));
    const prefix = "result:summary.";
    return new Map(
      [...this.run(this.programs.summarise, undefined, 1)].map(([name, ball]) => [
        name.slice(prefix.length),
        ball,
      ]),
    );
  }
}
