/**
 * The table of targets. A target starts from the optimised graphs or from the scheduled loops, and emits one file of
 * text or several files of bytes. The command line, the library's options and all code that covers every target read
 * this table. A new target is therefore one entry here and one folder under `emit/`.
 */
import type { EmitOptions, EmittedBytes, EmittedFile } from "./emit/emitted-file.ts";
import type { CompiledGraphs, Compilation, Schedule } from "./pipeline.ts";

/**
 * Abilities that only some targets have. `predictor`: the target can emit the forward pass with trained
 * parameters. `kernels`: besides the TypeScript functions, the target has kernels that can be compared with
 * them, timed and printed.
 */
export type Ability = "predictor" | "kernels";

/** The result of a target: one file of text, or files of bytes whose names start with that of the model. */
interface Text {
  /** A `trainer` is a TypeScript module that commands can run; a `text` is only written to a file. */
  readonly makes: "trainer" | "text";
  /** The file name extension. */
  readonly ending: string;
}
interface Files {
  readonly makes: "files";
}

interface AnyTarget {
  readonly abilities: readonly Ability[];
}

type Emits<Input, Result> = {
  emit(input: Input, dtype: "f32" | "f64", options: EmitOptions): Promise<Result>;
};
type FromGraph = AnyTarget & { readonly from: "graph" };
type FromLoops = AnyTarget & { readonly from: "loops"; readonly schedule: Exclude<Schedule, "none"> };

export type GraphTextTarget = FromGraph & Text & Emits<CompiledGraphs, EmittedFile>;
export type GraphFilesTarget = FromGraph & Files & Emits<CompiledGraphs, readonly EmittedBytes[]>;
export type LoopTarget = FromLoops & Text & Emits<Compilation, EmittedFile>;

export type TextTarget = GraphTextTarget | LoopTarget;
export type TargetEntry = TextTarget | GraphFilesTarget;
export type TargetTable = Readonly<Record<string, TargetEntry>>;

// The command line reads the table at every start, so entries import their emitters only when they emit.
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
  // The file also contains the TypeScript functions, for hosts that cannot run WebAssembly.
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
  onnx: {
    from: "graph",
    makes: "files",
    abilities: [],
    async emit(graphs, dtype) {
      const { emitOnnx } = await import("./onnx-emission.ts");
      return emitOnnx(graphs, dtype);
    },
  },
  pytorch: {
    from: "graph",
    makes: "text",
    ending: "py",
    abilities: [],
    async emit(graphs, dtype) {
      const { emitPytorch } = await import("./pytorch-emission.ts");
      return emitPytorch(graphs, dtype);
    },
  },
} as const satisfies TargetTable;

export type Target = keyof typeof targets;

/** The default target. */
export const defaultTarget: RunnableTarget = "ts";

const isTarget = (name: string): name is Target => Object.hasOwn(targets, name);

export const targetNames: readonly Target[] = Object.keys(targets).filter(isTarget);

/** The targets that make one of these results. */
type TargetsThatMake<Result> = {
  [Name in Target]: (typeof targets)[Name]["makes"] extends Result ? Name : never;
}[Target];
export type RunnableTarget = TargetsThatMake<"trainer">;
export type NamedTextTarget = TargetsThatMake<"trainer" | "text">;
export type FilesTarget = TargetsThatMake<"files">;

export const isRunnable = (name: Target): name is RunnableTarget => targets[name].makes === "trainer";

/** The targets that commands can run. */
export const trainerTargets = targetNames.filter(isRunnable);

export const hasAbility = (target: Target, ability: Ability): boolean =>
  targets[target].abilities.some((each) => each === ability);

/** The names of the targets with the ability, for messages: `wasm`, or `a or b`. */
export const targetsWith = (ability: Ability): string =>
  targetNames.filter((name) => hasAbility(name, ability)).join(" or ");
