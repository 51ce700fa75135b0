/**
 * What there is to say of one compilation, as plain data: what the report, the playground and `--format json`
 * show. It is made once, by `explain.ts`, from parts that each stand in a file of their own, and is all that
 * a page gets to see of the compiler. Ids join what belongs together, so that everything can be traced both
 * ways: node ↔ kernel ↔ line of code ↔ place in the spec.
 */
import type { Notation } from "../compiler/notation/notation.ts";
import type { ProgramName } from "../compiler/loop/types.ts";

export type { ProgramName };

/** `gradient/dense1_sum`: the program, and the node's name in it, which is the one that the emitted code uses. */
export type NodeId = string;

/** Lines and columns are counted from 1. */
export interface SpecPlace {
  readonly path: readonly (string | number)[];
  readonly line: number;
  readonly column: number;
}

/**
 * The part of training that a node serves: what is computed on the way to the loss, the gradients, the
 * optimizer, and what tells of a model.
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
   * What formulas call it: `z` with its layer below, where the text has `dense1_sum`. Of a value of a
   * recurrence's step with its time.
   */
  readonly symbol: Notation;
  /** What it is equal to, down to the values that have names. */
  readonly formula: Notation;
  readonly operands: readonly NodeId[];
  readonly users: readonly NodeId[];
  /** Whether formulas call it by its name; others are written out where they are read, and have no box in a picture. */
  readonly isNamed: boolean;
  /** Where in storage it is left, as `gradient:dense1.weight` or `result:loss`. */
  readonly outputs: readonly string[];
  readonly layer: string | undefined;
  readonly composite: string | undefined;
  readonly place: SpecPlace | undefined;
  /** Of a node of the backward part: how it was derived. */
  readonly derivation: RuleUse | undefined;
  /** The rewrites that made it what it is, in order. */
  readonly rewrites: readonly RewriteUse[];
  /**
   * An index into `kernels`: the first one that computes it; nothing for leaves, and for what no kernel has
   * to compute.
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
  /** What the rule says in general: `z = tanh(x)`, so `dx = dz · (1 − z²)`. */
  readonly general: { readonly forward: Notation; readonly derivative: Notation };
  /** The forward value, as it was when it was differentiated. */
  readonly forward: Notation;
  /** The node that it is now, if it is still there. */
  readonly forwardNode: NodeId | undefined;
}

export interface RewriteUse {
  readonly rule: string;
  readonly equation: Notation;
  /** The pass that applied it. */
  readonly pass: string;
}

/** The derivation of one gradient: steps from the loss to the parameter, the last of them the gradient. */
export interface Derivation {
  readonly parameter: string;
  readonly steps: readonly NodeId[];
}

/** What one pass made of one graph. */
export interface ExplainedPass {
  readonly program: ProgramName;
  readonly pass: string;
  readonly before: GraphCounts;
  readonly after: GraphCounts;
  /** The rewrite rules that it applied, and how often. */
  readonly rules: readonly { readonly rule: string; readonly times: number }[];
  /**
   * Lines of the graph's text that went and came, a changed one as both, with a line around them that did not
   * change; `…` stands for those left out. Empty if nothing changed. Values are called as in the graph that
   * is lowered; those that it lacks have names of their own.
   */
  readonly diff: readonly DiffLine[];
}

/** What one stage made of the loops of one program. */
export interface ExplainedStage {
  readonly program: ProgramName;
  readonly stage: string;
  readonly before: LoopCounts;
  readonly after: LoopCounts;
}

/** Of a program's kernels, for a full batch. */
export interface LoopCounts {
  readonly kernels: number;
  /** Buffers that are not of storage. */
  readonly temporaries: number;
  /** Each kernel's buffers, each counted once a kernel. */
  readonly bytesTouched: number;
  /**
   * The most bytes of temporaries that live at once, each from the first kernel to the last that touches it. After
   * memory planning: the bytes that they take in the arena.
   */
  readonly peakBytes: number;
}

export interface DiffLine {
  readonly sign: "-" | "+" | " ";
  readonly text: string;
}

/** Of a graph for a full batch, the steps of its recurrences included; `graph-counts.ts` says how each is counted. */
export interface GraphCounts {
  readonly nodes: number;
  readonly flops: number;
  /** If each stored value were written once, and read once by each stored value that is computed from it. */
  readonly bytesMoved: number;
  /** The most bytes of temporaries that live at once. */
  readonly peakBytes: number;
}

export interface ExplainedKernel {
  readonly index: number;
  readonly program: ProgramName;
  /** Its place among the calls of its program, from 1. */
  readonly call: number;
  readonly name: string;
  /**
   * The values that it computes one after the other, each under a name: stored ones, and those that would be
   * if nothing were fused.
   */
  readonly nodes: readonly NodeId[];
  /** What it computes where it is read, on the way to those; other kernels may compute it again. */
  readonly inlined: readonly NodeId[];
  /** Of the nodes and, for each of them, of all that is inlined on the way to it. For a full batch. */
  readonly flops: number;
  /** The sizes of all buffers that it reads or writes, each counted once. For a full batch. */
  readonly bytes: number;
  /**
   * What fusing saves, beside one nest of loops for each value that would be stored without it: how many
   * nests the kernel stands for, those of its values that see no memory, and the bytes that the nests touch
   * more. Of kernels cut out of a fused one, the main one has these.
   */
  readonly fused: { readonly nests: number; readonly values: readonly NodeId[]; readonly bytesSaved: number };
  /**
   * As printed loops: as fused, and as scheduled. A kernel of WebAssembly may be cut out of what was fused,
   * and is on vectors then.
   */
  readonly loops: string;
  readonly scheduled: string;
  /** How it was scheduled, in words, if anything was. */
  readonly schedule: string | undefined;
  /**
   * The function of the emitted file that runs it; of the target wasm, the one that does its work where a
   * host has no WebAssembly.
   */
  readonly function: string;
  /** The lines of that function in the emitted file, comments included, first and last, from 1. */
  readonly lines: readonly [first: number, last: number] | undefined;
  /** Of the target wasm: the function that the module has for it, as text. */
  readonly wat: string | undefined;
  /** How many kernels of all programs run as the same function, itself included. */
  readonly alike: number;
}

/** A buffer of the arena. Offsets and sizes in bytes; calls are counted from 1 within the program. */
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
  /** No plan could take less for the temporaries. */
  readonly lowerBound: number;
  /** What the temporaries would take if none shared memory. */
  readonly withoutSharing: number;
  readonly buffers: readonly ExplainedBuffer[];
}

/** A layer as a summary has it. */
export interface ExplainedLayer {
  readonly name: string;
  readonly type: string;
  readonly from: readonly string[];
  /** `[n, 128]` */
  readonly output: string;
  /** Those that are `trainable` are neither of a frozen layer nor statistics. */
  readonly parameters: readonly {
    readonly name: string;
    readonly shape: readonly number[];
    readonly count: number;
    readonly trainable: boolean;
  }[];
  readonly trainable: boolean;
  /** Of one pass over a full batch. */
  readonly forwardFlops: number;
  readonly backwardFlops: number;
  readonly place: SpecPlace | undefined;
}

/** What a line of the emitted file computes, and where in the spec that comes from. */
export interface ExplainedLine {
  /** From 1. */
  readonly line: number;
  /** Indices into `kernels`: several where one function serves several. */
  readonly kernels: readonly number[];
  readonly nodes: readonly NodeId[];
  readonly place: SpecPlace | undefined;
}

/**
 * A laid-out graph, all of its groups closed. Coordinates in CSS pixels from the upper left of what the box
 * is in; a group that is open takes `inside` for its size and moves what is below and to the right of it
 * (`picture/scene.ts` does that, for pages and files).
 */
export interface Picture {
  readonly width: number;
  readonly height: number;
  readonly lanes: readonly Lane[];
  readonly boxes: readonly PictureBox[];
  readonly wires: readonly Wire[];
}

/** The ground under one region. */
export interface Lane extends Rectangle {
  readonly region: RegionName;
  readonly label: string;
  /** Whether its heights are its own: what opens there moves nothing down in other lanes. */
  readonly isApart: boolean;
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface PictureBox extends Rectangle {
  /** A node's id, or `group:` and a name. */
  readonly id: string;
  readonly label: string;
  /** Its shape, as `[n,128]`, in the corner; empty if it has none. */
  readonly shape: string;
  /** A second line: the formula, or what kind of thing it is; of leaves there is none. */
  readonly detail: string;
  readonly region: RegionName;
  /**
   * `leaf`: what stands in memory before the program runs: inputs, parameters, states. `result`: what the
   * program leaves there.
   */
  readonly kind: "group" | "leaf" | "value" | "result";
  /** All nodes that it stands for: of a value itself and what its formula writes out, of a group all that is in it. */
  readonly nodes: readonly NodeId[];
  /** Of a group: what is in it. */
  readonly inside?: Picture;
}

export interface Wire {
  /** Ids of boxes of the same picture; `undefined` for one that comes from or goes to the outside. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** The nodes whose values go along it. */
  readonly nodes: readonly NodeId[];
  readonly points: readonly Point[];
}

export type Point = readonly [x: number, y: number];

/**
 * What there is a picture of: `step` has the gradients and the update beside one another, other programs
 * stand alone.
 */
export interface ExplainedPicture {
  readonly name: "step" | ProgramName;
  /** `A step of training` */
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
  /** As the user wrote it; nothing where there is no text, as of a spec that a program made. */
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
