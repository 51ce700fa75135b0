// Builds loop programs by hand, for tests.
import type { Shape } from "../../src/compiler/ir/types.ts";
import type { Expression } from "../../src/compiler/loop/expressions.ts";
import type { Buffer, LoopProgram, Statement } from "../../src/compiler/loop/types.ts";

type Element = Buffer["element"];

export const buffer = (
  name: string,
  shape: Shape,
  element: Element = "f64",
  covers?: readonly string[],
): Buffer => ({ name, storage: name, element, shape, region: "input", covers });

export const temporary = (name: string, shape: Shape, element: Element = "f64"): Buffer => ({
  name,
  storage: undefined,
  element,
  shape,
  region: "temporary",
});

export const scratch = (name: string, shape: Shape, element: Element = "f64"): Buffer => ({
  ...temporary(name, shape, element),
  isScratch: true,
});

/** A program with one kernel for each body. */
export const programOf = (
  bodies: readonly (readonly Statement[])[],
  ...buffers: readonly Buffer[]
): LoopProgram => ({
  name: "test",
  kernels: bodies.map((body, k) => ({ name: `kernel${k}`, body, provenance: [] })),
  buffers: new Map(buffers.map((each) => [each.name, each])),
});

export const program = (body: readonly Statement[], ...buffers: readonly Buffer[]): LoopProgram =>
  programOf([body], ...buffers);

export const load = (name: string, at: readonly Expression[], type: Element = "f64"): Expression => ({
  kind: "load",
  buffer: name,
  at,
  type,
});

/**
 * Prints loops as text, to compare them. Provenance is omitted, because it contains the nodes of the graph.
 */
export const loopsText = (loops: unknown): string =>
  JSON.stringify(loops, (key, value: unknown) =>
    key === "line" || key === "provenance" ? undefined : value,
  );
