/**
 * The masks of inputs: which positions of a sequence are padding. An input declares its padding by a value,
 * or by another input that contains the length of each row. Text inputs need no declaration.
 */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";
import { tensorType } from "../ir/types.ts";
import { inputNode } from "./inputs.ts";
import type { Model, ModelInput } from "./types.ts";

/** The mask of an input, [n, length]; undefined if it has no padding. */
export function inputMask(g: GraphBuilder, { inputs, data }: Model, name: string, x: Node): Node | undefined {
  const { padding, lengths } = inputs[name];
  const { characters, words } = data?.inputs[name] ?? {};
  const mask = (): Node | undefined => {
    if (lengths !== undefined) return beforeEnd(g, x, inputNode(g, lengths, lengthsType(inputs[lengths])));
    if (padding !== undefined) return unlike(g, x, padding);
    return characters === undefined && words === undefined ? undefined : ofText(g, x);
  };
  const made = g.within({ path: ["inputs", name] }, mask);
  return made && g.named(`${name}_mask`, made);
}

const lengthsType = ({ shape }: ModelInput) => tensorType("i32", ["n", ...shape]);

const positions = (g: GraphBuilder, { type: { shape } }: Node): Node =>
  g.iota({ shape: shape.slice(0, 2), axis: 1 });

/** t < length */
function beforeEnd(g: GraphBuilder, x: Node, lengths: Node): Node {
  const column = g.reshape(lengths, { shape: ["n", 1] });
  return g.less(positions(g, x), g.broadcastTo(column, x.type.shape.slice(0, 2)));
}

/**
 * Whether x differs from the padding value. A position with several numbers is padding if all of them have
 * this value.
 */
function unlike(g: GraphBuilder, x: Node, padding: number): Node {
  const isPadding = g.cast(g.equal(x, padding), { element: g.float });
  const axes = x.type.shape.slice(2).map((_, axis) => axis + 2);
  if (axes.length === 0) return g.less(isPadding, 0.5);
  const size = axes.reduce((product, axis) => product * Number(x.type.shape[axis]), 1);
  return g.less(g.reduceSum(isPadding, { axes }), size - 0.5);
}

/**
 * A text is encoded as the start token 0, the numbers of its tokens from 1 on, and zeros. So position t is
 * real if t = 0 or x > 0.
 */
const ofText = (g: GraphBuilder, x: Node): Node => g.less(0, g.maximum(x, g.subtract(1, positions(g, x))));
