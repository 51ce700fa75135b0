/**
 * The explanation of one compilation as plain data: the content of the report, of the playground and of
 * `--format json`. `explain.ts` makes it once, from one file per chapter, and pages see nothing else of the
 * compiler. Ids connect its parts, so that everything can be traced both ways: node ↔ kernel ↔ line of code ↔
 * location in the spec.
 */
import type { Notation } from "../compiler/notation/notation.ts";
import type { ProgramName } from "../compiler/loop/types.ts";

export type { ProgramName };

/** `gradient/dense1_sum`: the program, and the name of the node in the program and in the emitted code. */
export type NodeId = string;

/** Lines and columns count from 1. */
export interface SpecLocation {
  readonly path: readonly (string | number)[];
  readonly line: number;
  readonly column: number;
}

/**
 * The phase of training that a node belongs to: values on the way to the loss, gradients, the optimizer, or
 * evaluation and prediction.
 */
export type RegionName = "forward" | "backward" | "update" | "evaluation";

export interface ExplainedNode {
  readonly id: NodeId;
  readonly program: ProgramName;
  readonly name: string;
  readonly op: string;
  /** `f32[n,128]` */
  readonly type: string;
  readonly region: RegionName;
  /**
   * Its symbol in formulas: `z` with its layer as a subscript for the text name `dense1_sum`. Values of a
   * recurrence's step have a time index.
   */
  readonly symbol: Notation;
  /** The right-hand side, in terms of named values. */
  readonly formula: Notation;
  readonly operands: readonly NodeId[];
  readonly users: readonly NodeId[];
  /** Whether formulas refer to it by name. Other values are written inline and have no box in a picture. */
  readonly isNamed: boolean;
  /** The storage that it is written to, such as `gradient:dense1.weight` or `result:loss`. */
  readonly outputs: readonly string[];
  readonly layer: string | undefined;
  readonly composite: string | undefined;
  readonly location: SpecLocation | undefined;
  /** For backward nodes: how the node was derived. */
  readonly derivation: RuleUse | undefined;
  /** The rewrites that produced it, in order. */
  readonly rewrites: readonly RewriteUse[];
  /**
   * An index into `kernels`: the first one that computes it; undefined for leaves, and for values that need no
   * kernel.
   */
  readonly kernel: number | undefined;
  /** For a full batch. */
  readonly flops: number;
  readonly bytes: number;
}

/** An op's derivative, and the forward value that it was applied to. */
export interface RuleUse {
  /** `tanh.vjp` */
  readonly rule: string;
  /** The rule in general: `z = tanh(x)`, so `dx = dz · (1 − z²)`. */
  readonly general: { readonly forward: Notation; readonly derivative: Notation };
  /** The forward value when it was differentiated. */
  readonly forward: Notation;
  /** Its current node, if it still exists. */
  readonly forwardNode: NodeId | undefined;
}

export interface RewriteUse {
  readonly rule: string;
  readonly equation: Notation;
  /** The pass that applied it. */
  readonly pass: string;
}

/** The derivation of one gradient: steps from the loss to the parameter. The last step is the gradient. */
export interface Derivation {
  readonly parameter: string;
  readonly steps: readonly NodeId[];
}

/** The effect of one pass on one graph. */
export interface ExplainedPass {
  readonly program: ProgramName;
  readonly pass: string;
  readonly before: GraphCounts;
  readonly after: GraphCounts;
  /** The rewrite rules that it applied, and how often. */
  readonly rules: readonly { readonly rule: string; readonly times: number }[];
  /**
   * Removed and added lines of the graph's text, with one unchanged line around them; a changed line appears as
   * both, and `…` replaces omitted lines. Empty if nothing changed. Values have their names in the lowered
   * graph; values that no longer exist there have names of their own.
   */
  readonly diff: readonly DiffLine[];
}

/** The effect of one stage on the loops of one program. */
export interface ExplainedStage {
  readonly program: ProgramName;
  readonly stage: string;
  readonly before: LoopCounts;
  readonly after: LoopCounts;
}

/** Totals over a program's kernels, for a full batch. */
export interface LoopCounts {
  readonly kernels: number;
  /** Buffers outside storage. */
  readonly temporaries: number;
  /** The total size of each kernel's buffers, each counted once per kernel. */
  readonly bytesTouched: number;
  /**
   * The maximum size of live temporaries. A temporary lives from the first kernel that accesses it to the last.
   * After memory planning: the bytes that temporaries take in the arena.
   */
  readonly peakBytes: number;
}

export interface DiffLine {
  readonly sign: "-" | "+" | " ";
  readonly text: string;
}

/** For a full batch, including the steps of recurrences; `graph-counts.ts` defines each count. */
export interface GraphCounts {
  readonly nodes: number;
  readonly flops: number;
  /** Assuming that each stored value is written once, and read once by each stored value that depends on it. */
  readonly bytesMoved: number;
  /** The maximum size of live temporaries. */
  readonly peakBytes: number;
}

export interface ExplainedKernel {
  readonly index: number;
  readonly program: ProgramName;
  /** The number of its call within its program, from 1. */
  readonly call: number;
  readonly name: string;
  /** The named values that it computes, in order: stored ones, and those that would be stored without fusion. */
  readonly nodes: readonly NodeId[];
  /** Values that it computes inline; other kernels may compute them again. */
  readonly inlined: readonly NodeId[];
  /** For its named and inlined values, and a full batch. */
  readonly flops: number;
  /** The total size of all buffers that it reads or writes, each counted once. For a full batch. */
  readonly bytes: number;
  /**
   * The savings of fusion, compared with one nest of loops for each value that would be stored without it: the
   * number of nests that the kernel replaces, its values that stay out of memory, and the bytes that it does
   * not move. If a fused kernel was cut, its main part has these numbers.
   */
  readonly fused: { readonly nests: number; readonly values: readonly NodeId[]; readonly bytesSaved: number };
  /**
   * The loops as text: after fusion, and after scheduling. A WebAssembly kernel may be a part of a fused
   * kernel, and is vectorised.
   */
  readonly loops: string;
  readonly scheduled: string;
  /** A description of its schedule, if it has one. */
  readonly schedule: string | undefined;
  /**
   * The function in the emitted file that runs it; for the target wasm, the TypeScript fallback for hosts
   * without WebAssembly.
   */
  readonly function: string;
  /** First and last line of that function in the emitted file, comments included, from 1. */
  readonly lines: readonly [first: number, last: number] | undefined;
  /** For the target wasm: its function in the module, as text. */
  readonly wat: string | undefined;
  /** How many kernels of all programs run as the same function, including this one. */
  readonly alike: number;
}

/** A buffer of the arena. Offsets and sizes are in bytes; calls count from 1 within the program. */
export interface ExplainedBuffer {
  readonly name: string;
  readonly region: string;
  readonly type: string;
  readonly offset: number;
  readonly bytes: number;
  /** For temporaries. */
  readonly life: { readonly program: ProgramName; readonly first: number; readonly last: number } | undefined;
  readonly node: NodeId | undefined;
}

export interface ExplainedMemory {
  readonly bytes: number;
  readonly temporaryBytes: number;
  /** The lower bound of any plan for the temporaries. */
  readonly lowerBound: number;
  /** The size of the temporaries without sharing memory. */
  readonly withoutSharing: number;
  readonly buffers: readonly ExplainedBuffer[];
}

/** A row of the model summary. */
export interface ExplainedLayer {
  readonly name: string;
  readonly type: string;
  readonly from: readonly string[];
  /** `[n, 128]` */
  readonly output: string;
  /** Not trainable are the parameters of frozen layers, and statistics. */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly count: number;
    readonly trainable: boolean;
  }[];
  readonly trainable: boolean;
  /** For one pass over a full batch. */
  readonly forwardFlops: number;
  readonly backwardFlops: number;
  readonly location: SpecLocation | undefined;
}

/** What a line of the emitted file computes, and the location in the spec that it comes from. */
export interface ExplainedLine {
  /** Counted from 1. */
  readonly line: number;
  /** Indices into `kernels`: several if kernels share a function. */
  readonly kernels: readonly number[];
  readonly nodes: readonly NodeId[];
  readonly location: SpecLocation | undefined;
}

/**
 * A laid-out graph with all groups closed. Coordinates are CSS pixels from the upper left of the enclosing box.
 * An open group has the size of `inside` and moves the boxes below and to the right of it (`picture/scene.ts`
 * does that, for pages and files).
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly Lane[];
  readonly boxes: readonly PictureBox[];
  readonly wires: readonly Wire[];
}

/** The background of one region. */
export interface Lane extends Rectangle {
  readonly region: RegionName;
  readonly label: string;
  /** Whether it has its own vertical axis: groups that open here move nothing in other lanes. */
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
  /** Its shape, such as `[n,128]`; empty if it has none. */
  readonly shape: string;
  /** A second line: the formula, or the kind of group; empty for leaves. */
  readonly detail: string;
  readonly region: RegionName;
  /**
   * `leaf`: in memory before the program runs: inputs, parameters, states. `result`: written to storage by the
   * program.
   */
  readonly kind: "group" | "leaf" | "value" | "result";
  /**
   * All nodes that it represents: a value with the nodes that its formula writes inline, or all nodes of a
   * group.
   */
  readonly nodes: readonly NodeId[];
  /** For groups: the content. */
  readonly inside?: Picture;
}

export interface Wire {
  /** Ids of boxes of the same picture; `undefined` if the wire crosses the border of the picture. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The nodes whose values it carries. */
  readonly nodes: readonly NodeId[];
  readonly points: readonly Point[];
}

export type Point = readonly [x: number, y: number];

/**
 * The subject of a picture: `step` has the gradients and the update next to one another; other programs have a
 * picture each.
 */
export interface ExplainedPicture {
  readonly name: "step" | ProgramName;
  /** `A training step` */
  readonly title: string;
  readonly picture: Picture;
}

export interface Explanation {
  readonly model: {
    readonly name: string;
    readonly dtype: "f32" | "f64";
    /** Its name in the table of targets. */
    readonly target: string;
    readonly batchSize: number;
    readonly parameters: number;
  };
  /** The text that the user wrote; undefined if there is none, as for a spec that a program built. */
  readonly spec: { readonly file: string; readonly text: string } | undefined;
  readonly nodes: readonly ExplainedNode[];
  readonly layers: readonly ExplainedLayer[];
  readonly derivations: readonly Derivation[];
  readonly passes: readonly ExplainedPass[];
  readonly stages: readonly ExplainedStage[];
  readonly kernels: readonly ExplainedKernel[];
  readonly memory: ExplainedMemory;
  readonly pictures: readonly ExplainedPicture[];
  readonly code: { readonly text: string; readonly lines: readonly ExplainedLine[] };
}
