/**
 * The state while one spec is run in every way: its data, its reference results and bounds, and the findings
 * so far.
 */
import { compileModel } from "../../src/compiler/pipeline.ts";
import type { Compilation } from "../../src/compiler/pipeline.ts";
import type { EmittedModule } from "../../src/compiler/load-trainer.ts";
import type { Backend } from "../../src/runtime/step/machine.ts";
import type { ModelFacts } from "../../src/runtime/model/facts.ts";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { modelFacts } from "../../src/compiler/trainer/trainer-facts.ts";
import type { Model } from "../../src/compiler/spec/types.ts";
import { differencesOf, noTightness } from "./compare.ts";
import type { Difference } from "./compare.ts";
import { randomData } from "./random-batch.ts";
import type { FuzzData } from "./random-batch.ts";
import type { JsonObject } from "./random-parts.ts";
import { traceOfGraphs, traceOfTrainer, traceOfUpdates } from "./trace.ts";
import type { BallTrace, NumberTrace, Plan } from "./trace.ts";

export type Dtype = "f32" | "f64";

/** A spec with the seed of its parameters and batches. */
export interface FuzzCase {
  readonly spec: JsonObject;
  readonly seed: number;
  /** The approximate size of the inputs; 1 by default. */
  readonly scale?: number;
}

/** A failure of one run of a spec. */
export interface Finding {
  /** The run, such as `f32 wasm simd` or `f64 wasm ts without vectorise`. */
  readonly where: string;
  readonly kind: "difference" | "error";
  /** The message of an error; for a difference, the first results that differ. */
  readonly text: string;
  readonly differences?: readonly Difference[];
}

const errorText = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The findings of one spec, in order. */
export class Run {
  readonly findings: Finding[] = [];
  readonly tightness = { f32: noTightness(), f64: noTightness() };
  readonly ran: string[] = [];
  readonly stages: Record<string, boolean> = {};
  readonly texts: string[] = [];
  readonly model: Model;
  /** The results of the original graphs, and the parameters at the start of each step. */
  private reference: { plan: Omit<Plan, "starts">; trace: BallTrace; starts: Plan["starts"] } | undefined;

  private readonly fuzzCase: FuzzCase;

  constructor(fuzzCase: FuzzCase) {
    this.model = parseModel(fuzzCase.spec);
    this.fuzzCase = fuzzCase;
  }

  /** Returns parameters and batches for a compilation. */
  dataFor(facts: ModelFacts): FuzzData {
    return randomData(facts, this.model, this.fuzzCase.seed, this.fuzzCase.scale);
  }

  /** Returns the result of `work`. If `work` throws, records a finding and returns undefined. */
  async attempt<T>(where: string, work: () => T | Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      this.findings.push({ where, kind: "error", text: errorText(error) });
      return undefined;
    }
  }

  private planOf(compilation: Compilation, dtype: Dtype): Omit<Plan, "starts"> {
    const facts = modelFacts(this.model, compilation.built, dtype, "wasm");
    return { compilation, facts, seed: 7, data: this.dataFor(facts) };
  }

  /**
   * Returns the results of the original graphs in doubles. They are computed from the first compilation for
   * f64.
   */
  referenceOf(compilation?: Compilation) {
    if (this.reference === undefined) {
      const built = compilation ?? compileModel(this.model, { dtype: "f64" });
      const plan = this.planOf(built, "f64");
      this.reference = { plan, ...traceOfGraphs(built.step, plan) };
    }
    return this.reference;
  }

  /** Returns the bounds that follow from the compiled graphs. */
  boundsOf(compilation: Compilation, dtype: Dtype): BallTrace {
    const { starts } = this.referenceOf();
    return traceOfGraphs(compilation.graphs, this.planOf(compilation, dtype), starts).trace;
  }

  private referenceUpdates(actual: NumberTrace): BallTrace {
    const { plan, starts } = this.referenceOf();
    return traceOfUpdates(plan.compilation.step, { ...plan, starts }, actual);
  }

  /** Compares the results of a trainer with bounds that come from the compiled graphs. */
  compare(
    where: string,
    dtype: Dtype,
    compilation: Compilation,
    module: EmittedModule,
    backend: Backend,
    bounds: BallTrace,
  ): NumberTrace | undefined {
    const { trace, starts } = this.referenceOf();
    try {
      const plan = { ...this.planOf(compilation, dtype), starts };
      const actual = traceOfTrainer(() => module.createTrainer({ seed: plan.seed, backend }), plan);
      const updates = [
        this.referenceUpdates(actual),
        traceOfUpdates(compilation.graphs, plan, actual),
      ] as const;
      const differences = [
        ...differencesOf(actual, trace, bounds, this.tightness[dtype]),
        ...differencesOf(actual, ...updates, this.tightness[dtype]),
      ];
      if (differences.length > 0)
        this.findings.push({
          where,
          kind: "difference",
          text: differences.map(differenceText).slice(0, 4).join("; "),
          differences,
        });
      return actual;
    } catch (error) {
      this.findings.push({ where, kind: "error", text: errorText(error) });
      return undefined;
    }
  }
}

const differenceText = ({ what, index, actual, expected, bound }: Difference): string =>
  `${what} [${index}]: ${actual}, expected ${expected} ± ${bound.toExponential(2)}`;
