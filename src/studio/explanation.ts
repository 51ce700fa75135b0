/**
 * The explanation of one compilation as plain data. It is the content of the report, of the explanation
 * panels in the playground, and of `--format json`. `explain.ts` builds it, with one file per chapter. Ids
 * connect nodes, kernels, lines of code and locations in the spec in both directions.
 */
import type { Notation } from "../compiler/notation/notation.ts";
import type { ProgramName } from "../compiler/loop/types.ts";

export type { ProgramName };

/**
 * An id such as `gradient/dense1_sum`: the program, and the name of the node in its graph and in the emitted
 * code.
 */
export type NodeId = string;

/** A location in the text of a spec. Lines and columns count from 1. */
export interface SpecLocation {
  readonly path: readonly (string | number)[];
  readonly line: number;
  readonly column: number;
}

/**
 * The phase of training that a node belongs to: the computation of the loss, the gradients, the optimizer's
 * update, or evaluation and prediction.
 */
export type RegionName = "forward" | "backward" | "update" | "evaluation";

export interface ExplainedNode {
  readonly id: NodeId;
  readonly program: ProgramName;
  readonly name: string;
  readonly op: string;
  /** The type of the value, such as `f32[n,128]`. */
  readonly type: string;
  readonly region: RegionName;
  /**
   * The symbol of the node in formulas. The node `dense1_sum`, for instance, is `z` with its layer as a
   * subscript. Values in a step of a recurrence have a time index.
   */
  readonly symbol: Notation;
  /** The right-hand side of the node's equation, in terms of named values. */
  readonly formula: Notation;
  readonly operands: readonly NodeId[];
  readonly users: readonly NodeId[];
  /**
   * Whether formulas refer to the node by name. Other nodes are written inline and have no box in a picture.
   */
  readonly isNamed: boolean;
  /** The storage that the node is written to, such as `gradient:dense1.weight` or `result:loss`. */
  readonly outputs: readonly string[];
  readonly layer: string | undefined;
  readonly composite: string | undefined;
  readonly location: SpecLocation | undefined;
  /**
   * For backward nodes, the rules of the nodes that rewrites combined with this one, then the rule that derived the
   * node itself. Empty for forward nodes.
   */
  readonly derivations: readonly RuleUse[];
  /** The rewrites that produced the node, in order. */
  readonly rewrites: readonly RewriteUse[];
  /**
   * The index in `kernels` of the first kernel that computes the node; undefined for leaves, and for values
   * that need no kernel.
   */
  readonly kernel: number | undefined;
  /** The number of floating-point operations for a full batch. */
  readonly flops: number;
  readonly bytes: number;
}

/** The derivative rule of an op, and the forward value to which it was applied. */
export interface RuleUse {
  /** The name of the rule, such as `tanh.vjp`. */
  readonly rule: string;
  /** The general form of the rule. For `z = tanh(x)`, the derivative is `dx = dz · (1 − z²)`. */
  readonly general: { readonly forward: Notation; readonly derivative: Notation };
  /** The forward value, as it was when it was differentiated. */
  readonly forward: Notation;
  /** The current node of the forward value, if it still exists. */
  readonly forwardNode: NodeId | undefined;
  /** The layer of the forward value; undefined for the loss. */
  readonly layer: string | undefined;
  /** The position of the forward value among those that are differentiated, in the order of the forward pass. */
  readonly position: number;
}

export interface RewriteUse {
  readonly rule: string;
  readonly equation: Notation;
  /** The pass that applied the rewrite. */
  readonly pass: string;
}

/** The derivation of one gradient: steps from the loss to the parameter. The last step is the gradient. */
export interface Derivation {
  readonly parameter: string;
  readonly steps: readonly DerivationStep[];
}

export interface DerivationStep {
  /** Counted from 1 over all derivations: steps that derivations share have one number. */
  readonly number: number;
  readonly node: NodeId;
  /** The unnamed backward values that the formula of the node contains. */
  readonly through: readonly NodeId[];
}

/** The numbers of one row of the data in a training step, for a batch that consists of this row alone. */
export interface ExplainedRow {
  /** Which row it is, such as `row 3 of the 1,437 training rows`. */
  readonly source: string;
  /** Which parameters the model has, such as `initial parameters`. */
  readonly parameters: string;
  readonly loss: RoundedNumber;
  /** The inputs and targets that the training step reads. */
  readonly fields: readonly { readonly name: string; readonly node: NodeId }[];
  /**
   * The numbers of the named values of the program `gradient`. Values inside a step of a recurrence have a first
   * axis of time; those of a recurrence inside another one are left out.
   */
  readonly numbers: Readonly<Record<NodeId, ExplainedNumbers>>;
}

/** Numbers are rounded to six significant digits. */
export type RoundedNumber = number | "NaN" | "∞" | "−∞";

export interface ExplainedNumbers {
  /** The shape of the value, whose batch axis has size 1. */
  readonly shape: readonly number[];
  /**
   * The upper left corner of the value as a matrix (`matrixSize`), row by row: at most 12 × 12 numbers, or the first 32
   * of a vector.
   */
  readonly corner: readonly (readonly RoundedNumber[])[];
  /** Over all numbers of the value. */
  readonly min: RoundedNumber;
  readonly mean: RoundedNumber;
  readonly max: RoundedNumber;
}

/** The effect of one pass on one graph. */
export interface ExplainedPass {
  readonly program: ProgramName;
  readonly pass: string;
  readonly before: GraphCounts;
  readonly after: GraphCounts;
  /** The applications of rewrite rules, in order. */
  readonly applications: readonly ExplainedApplication[];
  /**
   * The removed and added lines of the graph's text, with one unchanged line before and after. A changed line
   * appears as a removed and an added line, and `…` replaces omitted lines. Empty if nothing changed. Values
   * have their names in the lowered graph. A value that the lowered graph does not contain has a different,
   * unique name.
   */
  readonly diff: readonly DiffLine[];
}

/** One application of a rewrite rule: the replaced value and its replacement, in terms of the values that both read. */
export interface ExplainedApplication {
  readonly rule: string;
  readonly before: Notation;
  readonly after: Notation;
  /** The result and the values that both sides read. Those that later passes removed are not in `nodes`. */
  readonly nodes: readonly NodeId[];
}

/** The effect of one stage on the loops of one program. */
export interface ExplainedStage {
  readonly program: ProgramName;
  readonly stage: string;
  readonly before: LoopCounts;
  readonly after: LoopCounts;
}

/** Totals over the kernels of a program, for a full batch. */
export interface LoopCounts {
  readonly kernels: number;
  /** The number of buffers outside storage. */
  readonly temporaries: number;
  /** The sum over all kernels; each contributes the total size of the buffers that it reads or writes. */
  readonly bytesTouched: number;
  /**
   * The maximum total size of temporaries that are live at the same time. A temporary is live from the first
   * kernel that accesses it to the last. After memory planning, it is the number of bytes that temporaries
   * take in the arena.
   */
  readonly peakBytes: number;
}

export interface DiffLine {
  readonly sign: "-" | "+" | " ";
  readonly text: string;
}

/** Counts for a full batch, including the steps of recurrences. `graph-counts.ts` defines each count. */
export interface GraphCounts {
  readonly nodes: number;
  readonly flops: number;
  /**
   * Assumes that each materialised value is written once, and is read once by each materialised value that
   * depends on it.
   */
  readonly bytesMoved: number;
  /** The maximum total size of temporaries that are live at the same time. */
  readonly peakBytes: number;
}

export interface ExplainedKernel {
  readonly index: number;
  readonly program: ProgramName;
  /** The position of the kernel's call in its program, counted from 1. */
  readonly call: number;
  readonly name: string;
  /**
   * The named values that the kernel computes, in order. Each is materialised, or would be materialised
   * without fusion.
   */
  readonly nodes: readonly NodeId[];
  /** The values that the kernel computes inline. Other kernels may recompute them. */
  readonly inlined: readonly NodeId[];
  /** The FLOPs of the named and inlined values, for a full batch. */
  readonly flops: number;
  /** The total size of all buffers that the kernel reads or writes, each counted once, for a full batch. */
  readonly bytes: number;
  /**
   * The savings of fusion, compared with one loop nest for each value that would be materialised without
   * fusion: the number of nests that the kernel replaces, its values that are not written to memory, and the
   * saved memory traffic. If a fused kernel was split, its main part has the saved bytes of all parts.
   */
  readonly fused: { readonly nests: number; readonly values: readonly NodeId[]; readonly bytesSaved: number };
  /**
   * The loops of the fused kernel as text. `scheduled` has the loops after scheduling; for WebAssembly, these
   * are vectorised and may be only a part of the fused kernel.
   */
  readonly loops: string;
  readonly scheduled: string;
  /** A description of the kernel's schedule, if it has one. */
  readonly schedule: string | undefined;
  /**
   * The function in the emitted file that runs the kernel. For the target wasm, it is the TypeScript function
   * for hosts without WebAssembly.
   */
  readonly function: string;
  /**
   * The first and last line of that function in the emitted file, counted from 1. Comments above the function
   * are included.
   */
  readonly lines: readonly [first: number, last: number] | undefined;
  /** For the target wasm, the kernel's function in the module as text. */
  readonly wat: string | undefined;
  /** The number of kernels, in all programs, that run as the same function. This kernel is included. */
  readonly sharedBy: number;
}

/** A buffer of the arena. Offsets and sizes are in bytes; calls count from 1 within the program. */
export interface ExplainedBuffer {
  readonly name: string;
  readonly region: string;
  readonly type: string;
  readonly offset: number;
  readonly bytes: number;
  /** For temporaries, the first and last call that use the buffer. */
  readonly life: { readonly program: ProgramName; readonly first: number; readonly last: number } | undefined;
  readonly node: NodeId | undefined;
}

export interface ExplainedMemory {
  readonly bytes: number;
  readonly temporaryBytes: number;
  /** A lower bound on the size of the temporaries in any memory plan. */
  readonly lowerBound: number;
  /** The total size of the temporaries if they did not share memory. */
  readonly withoutSharing: number;
  readonly buffers: readonly ExplainedBuffer[];
}

/** A row of the model summary. */
export interface ExplainedLayer {
  readonly name: string;
  readonly type: string;
  readonly from: readonly string[];
  /** The output shape, such as `[n, 128]`. */
  readonly output: string;
  /** Statistics and the parameters of frozen layers are not trainable. */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly count: number;
    readonly trainable: boolean;
  }[];
  readonly trainable: boolean;
  /** The number of floating-point operations for a full batch. */
  readonly forwardFlops: number;
  readonly backwardFlops: number;
  readonly location: SpecLocation | undefined;
}

/**
 * The values that a line of the emitted file computes, and the location in the spec from which the line
 * comes.
 */
export interface ExplainedLine {
  /** The line number, counted from 1. */
  readonly line: number;
  /** Indices into `kernels`. There are several if kernels share a function. */
  readonly kernels: readonly number[];
  readonly nodes: readonly NodeId[];
  readonly location: SpecLocation | undefined;
}

/**
 * A graph that is laid out with all groups closed. Coordinates are CSS pixels from the upper left corner of
 * the enclosing box. When a group is opened, it takes the size of `inside`, and the boxes below and to the
 * right of it move (`picture/scene.ts`).
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly Lane[];
  readonly boxes: readonly PictureBox[];
  readonly wires: readonly Wire[];
}

/** The background rectangle of one region. */
export interface Lane extends Rectangle {
  readonly region: RegionName;
  readonly label: string;
  /**
   * Whether the lane has its own vertical axis. If so, opening a group here does not move boxes in other
   * lanes.
   */
  readonly hasOwnAxis: boolean;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PictureBox extends Rectangle {
  /** The id of a node, or `group:` and a name. */
  readonly id: string;
  readonly label: string;
  /** The shape of the value, such as `[n,128]`; empty if there is none. */
  readonly shape: string;
  /** The second line of the box: a formula, or the kind of a group; empty for leaves. */
  readonly detail: string;
  readonly region: RegionName;
  /**
   * A `leaf` is in memory before the program runs: an input, a parameter or a state. The program writes a
   * `result` to storage.
   */
  readonly kind: "group" | "leaf" | "value" | "result";
  /**
   * All nodes that the box represents: a value and the nodes that its formula writes inline, or all nodes of
   * a group.
   */
  readonly nodes: readonly NodeId[];
  /** The content of a group. */
  readonly inside?: Picture;
}

export interface Wire {
  /**
   * The ids of the boxes at both ends, in the same picture; `undefined` if the wire crosses the border of the
   * picture.
   */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The nodes whose values the wire carries. */
  readonly nodes: readonly NodeId[];
  readonly points: readonly Point[];
}

export type Point = readonly [x: number, y: number];

/** A picture of one program, except that `step` shows the gradients and the update side by side. */
export interface ExplainedPicture {
  readonly name: "step" | ProgramName;
  /** The title, such as `A training step`. */
  readonly title: string;
  readonly picture: Picture;
}

export interface Explanation {
  readonly model: {
    readonly name: string;
    readonly dtype: "f32" | "f64";
    /** The name of the target in the table of targets. */
    readonly target: string;
    readonly batchSize: number;
    readonly parameters: number;
  };
  /** The text that the user wrote. Undefined if there is none, for instance if a program built the spec. */
  readonly spec: { readonly file: string; readonly text: string } | undefined;
  readonly nodes: readonly ExplainedNode[];
  readonly layers: readonly ExplainedLayer[];
  /** The named forward values, layer by layer, and then those of the loss. */
  readonly forward: readonly NodeId[];
  readonly derivations: readonly Derivation[];
  /** The numbers of one row, if a row was chosen. */
  readonly row: ExplainedRow | undefined;
  readonly passes: readonly ExplainedPass[];
  readonly stages: readonly ExplainedStage[];
  readonly kernels: readonly ExplainedKernel[];
  readonly memory: ExplainedMemory;
  readonly pictures: readonly ExplainedPicture[];
  readonly code: { readonly text: string; readonly lines: readonly ExplainedLine[] };
}
