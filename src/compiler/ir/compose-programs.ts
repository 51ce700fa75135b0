/**
 * Joins programs that run one after the other into one graph: what a program writes to storage is what a later program
 * reads from it. Only values that come from outside remain leaves.
 *
 *     gradient: output "gradient:w" = %d_w      update: %g = state "flat:gradients" ; output "flat:parameters" = …
 *     =>   %g = concat (reshape %d_w), …  ; output "w" = reshape (slice …)
 */
import { invariant } from "../diagnostics/errors.ts";
import { rewriteGraph } from "./builder.ts";
import type { GraphBuilder } from "./builder.ts";
import { leafName, makeGraph } from "./nodes.ts";
import type { Graph, Node } from "./nodes.ts";
import { sizeOf, tensorType } from "./types.ts";
import type { Shape } from "./types.ts";

/** A flat tensor, and the tensors that it consists of, in order. */
export interface FlatStorage {
  readonly name: string;
  readonly parts: readonly { readonly name: string; readonly shape: Shape }[];
}

/** The values in storage while programs run. A flat tensor and its parts are the same memory. */
class StoredValues {
  private readonly values = new Map<string, Node>();
  private readonly flat: ReadonlyMap<string, FlatStorage>;
  private readonly g: GraphBuilder;

  constructor(flat: readonly FlatStorage[], g: GraphBuilder) {
    this.flat = new Map(flat.map((each) => [each.name, each]));
    this.g = g;
  }

  write(name: string, value: Node): void {
    this.values.set(name, value);
    let start = 0;
    for (const { name: part, shape } of this.flat.get(name)?.parts ?? []) {
      const count = sizeOf(shape, 1);
      const piece = this.g.slice(value, { start: [start], shape: [count] });
      this.values.set(part, this.g.reshape(piece, { shape }));
      start += count;
    }
  }

  /** The value of a leaf: what was written last, or the leaf itself. */
  read(leaf: Node): Node {
    const name = leafName(leaf) ?? "";
    const parts = this.flat.get(name)?.parts;
    if (parts === undefined) return this.values.get(name) ?? leaf;
    const { element } = leaf.type;
    const pieces = parts.map(({ name: part, shape }) => {
      const value =
        this.values.get(part) ?? this.g.parameter({ name: part, type: tensorType(element, shape) });
      return this.g.reshape(value, { shape: [sizeOf(shape, 1)] });
    });
    return pieces.reduce((x, y) => this.g.concat(x, y, { axis: 0 }));
  }

  written(name: string): Node | undefined {
    return this.values.get(name);
  }
}

/**
 * The programs as one graph with the outputs `wanted`, which some program writes. `before`: the values of storage that
 * has a value before the first program.
 */
export function composePrograms(
  programs: readonly Graph[],
  {
    flat,
    before,
    wanted,
  }: {
    readonly flat: readonly FlatStorage[];
    readonly before: ReadonlyMap<string, Node>;
    readonly wanted: readonly string[];
  },
  g: GraphBuilder,
): Graph {
  const stored = new StoredValues(flat, g);
  for (const [name, node] of before) stored.write(name, node);
  for (const program of programs) {
    const joined = rewriteGraph(program, g, (node) =>
      leafName(node) === undefined ? node : stored.read(node),
    );
    for (const { storage, node } of joined.outputs) stored.write(storage, node);
  }
  return makeGraph(
    "step",
    wanted.map((storage) => {
      const node = stored.written(storage);
      invariant(node !== undefined, `no program writes ${storage}`);
      return { storage, node };
    }),
  );
}
