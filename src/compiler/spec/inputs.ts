/** The nodes of inputs, which the network, the masks and the loss read. */
import type { GraphBuilder } from "../ir/builder.ts";
import type { Node } from "../ir/nodes.ts";
import type { TensorType } from "../ir/types.ts";

export const inputNode = (g: GraphBuilder, name: string, type: TensorType): Node =>
  g.named(
    name,
    g.within({ path: ["inputs", name] }, () => g.input({ name, type })),
  );
