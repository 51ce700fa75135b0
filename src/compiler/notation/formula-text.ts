/** What a node says in ordinary mathematical notation, as text: for comments in emitted code and for messages. */
import type { Node } from "../ir/nodes.ts";
import { named } from "./formula.ts";
import { nodeFormula } from "./node-formula.ts";
import { textOf } from "./text.ts";

/** The formula of a node down to the nodes for which `nameOf` gives a name. The node itself is always spelled out. */
export const formulaOf = (root: Node, nameOf: (node: Node) => string | undefined): string =>
  textOf(
    nodeFormula(root, (node) => {
      const name = nameOf(node);
      return name === undefined ? undefined : named(name);
    }),
  );
