/**
 * The table of targets: what a model can be compiled to. A target starts from the optimized graphs or from the
 * scheduled loops, and makes a file of them. The command line, the library's options and everything that runs
 * over all targets read this table, so a new target is one entry here and one folder under `emit/`.
 */
import type { EmitOptions, EmittedFile } from "./emit/emitted-file.ts";
import type { Compilation, Schedule } from "./pipeline.ts";

/**
 * What only some targets can do. `predictor`: emit the forward part with trained parameters. `kernels`: bring
 * kernels besides the functions of TypeScript, which can be compared with these, measured and printed.
 */
export type Ability = "predictor" | "kernels";

interface AnyTarget {
  /** A `trainer` is a TypeScript module that commands can run; a `text` is only written. */
  readonly makes: "trainer" | "text";
  /** How the name of its file ends. */
  readonly ending: string;
  readonly abilities: readonly Ability[];
}

export interface GraphTarget extends AnyTarget {
  readonly from: "graph";
  emit(graphs: CompiledGraphs, dtype: "f32" | "f64", options: EmitOptions): Promise<EmittedFile>;
}

export interface LoopTarget extends AnyTarget {
  readonly from: "loops";
  readonly schedule: Exclude<Schedule, "none">;
  emit(compilation: Compilation, dtype: "f32" | "f64", options: EmitOptions): Promise<EmittedFile>;
}

export type TargetEntry = GraphTarget | LoopTarget;
export type TargetTable = Readonly<Record<string, TargetEntry>>;

/** What a target sees that starts from graphs. */
export type CompiledGraphs = Pick<Compilation, "model" | "built" | "derived" | "graphs">;

// The command line reads the table at every start, so entries load what they emit with only when they do.
export const targets = {
  ts: {
    from: "loops",
    makes: "trainer",
    ending: "ts",
    schedule: "scalars",
    abilities: ["predictor"],
    async emit(compilation, dtype, options) {
      const [{ emitTrainer }, { plainKernels }] = await Promise.all([
        import("./emission.ts"),
        import("./emit/typescript/plain-kernels.ts"),
      ]);
      return emitTrainer(compilation, dtype, { target: "ts", kernels: plainKernels }, options);
    },
  },
  // It has the functions of TypeScript too, for hosts that run no WebAssembly.
  wasm: {
    from: "loops",
    makes: "trainer",
    ending: "ts",
    schedule: "vectors",
    abilities: ["kernels"],
    async emit(compilation, dtype, options) {
      const [{ emitTrainer }, { wasmKernels }] = await Promise.all([
        import("./emission.ts"),
        import("./emit/wasm/trainer-kernels.ts"),
      ]);
      const { batchSize } = compilation.model.training;
      const kernels = await wasmKernels(compilation.vectors, { float: dtype, batchSize });
      return emitTrainer(compilation, dtype, { target: "wasm", kernels }, options);
    },
  },
} as const satisfies TargetTable;

export type Target = keyof typeof targets;

/** What is compiled where no target is named. */
export const defaultTarget: Target = "ts";

const isTarget = (name: string): name is Target => Object.hasOwn(targets, name);

export const targetNames: readonly Target[] = Object.keys(targets).filter(isTarget);

/** The targets that commands can run. */
export const trainerTargets = targetNames.filter((name) => targets[name].makes === "trainer");

export const hasAbility = (target: Target, ability: Ability): boolean =>
  targets[target].abilities.some((each) => each === ability);

/** The names of the targets that have it: `wasm`, or `a or b`. */
export const targetsWith = (ability: Ability): string =>
  targetNames.filter((name) => hasAbility(name, ability)).join(" or ");
