/**
 * Expresses the derivative rule of an op as a formula. It runs the op's own `vjp` on operands x and y, a
 * result z and its cotangent dz, then simplifies and prints the result. No second table of rules is needed.
 */
import { makeGraph, operandNamesOf, operandsOf } from "../../compiler/ir/nodes.ts";
import type { Graph, Node } from "../../compiler/ir/nodes.ts";
import { rewriteGraph } from "../../compiler/ir/builder.ts";
import type { GraphBuilder } from "../../compiler/ir/builder.ts";
import { typeText } from "../../compiler/ir/types.ts";
import type { TensorType } from "../../compiler/ir/types.ts";
import { createBuilder, hasTrait, vjpOf } from "../../compiler/ops/index.ts";
import { named } from "../../compiler/notation/formula.ts";
import type { Formula } from "../../compiler/notation/formula.ts";
import { constantOf, nodeFormula } from "../../compiler/notation/node-formula.ts";
import { runStages } from "../../compiler/stages/run.ts";
import { graphPasses } from "../../compiler/pipeline.ts";
import type { RuleUse } from "../explanation.ts";
import { notationOf } from "../../compiler/notation/notation.ts";

type General = RuleUse["general"];

/**
 * Returns a function that derives the rule of a node's op, for its types, attributes and constant operands
 * (see `numberOrLeaf`). Equal rules are derived only once.
 */
export function generalRules(): (z: Node) => General {
  const known = new Map<string, General>();
  return (z) => {
    if (z.op === "scan") return recurrenceRule();
    const types = [z, ...operandsOf(z)].map(({ type }) => typeText(type));
    const numbers = operandsOf(z).map((operand) => String(constantOf(operand)));
    const key = `${z.op} ${types.join()} ${numbers.join()} ${JSON.stringify(z.attributes)}`;
    const rule = known.get(key) ?? derive(z);
    known.set(key, rule);
    return rule;
  };
}

/** Short symbols that replace long operand names. */
const letters: Readonly<Record<string, string>> = { condition: "c", indices: "i" };

function derive(node: Node): General {
  const g = createBuilder(node.type.element === "f32" ? "f32" : "f64");
  const leaf = (name: string, type: TensorType): Node => g.input({ name, type });
  const names = operandNamesOf(node.op, node.attributes).map((name) => letters[name] ?? name);
  const operands = operandsOf(node).map((operand, i) => numberOrLeaf(operand, names[i], g));
  const z = g.make(node.op, operands, node.attributes);
  const shares = Object.entries(vjpOf(z, leaf("dz", z.type), g, unreachable));
  const outputs = shares.flatMap(([, share], i) =>
    share === null || isNumber(operands[i]) ? [] : [{ storage: names[i], node: share }],
  );
  const result = leaf("z", z.type);
  const raw = rewriteGraph(makeGraph("rule", outputs), g, (each) => (each === z ? result : each));
  return {
    forward: notationOf({ kind: "equation", x: named("z"), y: forwardFormula(z) }),
    derivative: notationOf(derivativeFormula(simplified(raw, g))),
  };
}

/**
 * Constant operands remain constants in the rule, because the rule of x² differs from that of x to the power
 * y.
 */
const numberOrLeaf = (operand: Node, name: string, g: GraphBuilder): Node =>
  isNumber(operand) ? operand : g.input({ name, type: operand.type });

const isNumber = (node: Node): boolean => constantOf(node) !== undefined;

const simplified = (graph: Graph, g: GraphBuilder): Graph =>
  runStages(graphPasses, [graph], { g, exact: false })[0];

const spell = (node: Node): Formula =>
  nodeFormula(node, (each) => (each.op === "input" ? named(each.attributes.name) : undefined));

/**
 * Other formulas omit views. In the rule of a view, the formula states the new shape, because otherwise both
 * sides would look the same.
 */
function forwardFormula(z: Node): Formula {
  const shape = `[${z.type.shape.join(", ")}]`;
  const says = z.op === "broadcast" ? " repeated to " : z.op === "reshape" ? " in the shape " : undefined;
  return says === undefined ? spell(z) : { kind: "row", parts: [spell(z), `${says}${shape}`] };
}

const derivativeFormula = ({ outputs }: Graph): Formula => ({
  kind: "row",
  parts: outputs.flatMap(({ storage, node }, i): (Formula | string)[] => [
    ...(i === 0 ? [] : [",   "]),
    { kind: "equation", x: named(`d${storage}`), y: spell(node) },
  ]),
});

/**
 * The rule of an op other than a recurrence never differentiates a body, so this function is never called.
 * `recurrenceRule` writes the rule of a recurrence.
 */
const unreachable = {
  pullback: (): never => {
    throw new Error("internal: only a recurrence has a body to differentiate");
  },
  hasTrait,
};

function recurrenceRule(): General {
  const at = (name: string, time: string): Formula => ({ kind: "name", name, time });
  const list = (...parts: readonly Formula[]): Formula => ({ kind: "call", name: "", parts });
  const step = (name: string, ...parts: readonly Formula[]): Formula => ({ kind: "call", name, parts });
  const [before, now] = ["t − 1", "t"];
  return {
    forward: notationOf({
      kind: "equation",
      x: list(at("h", now), at("z", now)),
      y: step("step", at("h", before), at("x", now), named("w")),
    }),
    derivative: notationOf({
      kind: "row",
      parts: [
        {
          kind: "equation",
          x: list(at("dh", before), at("dx", now), at("dw", now)),
          y: step("step.vjp", at("dh", now), at("dz", now)),
        },
        ",   ",
        { kind: "equation", x: named("dw"), y: { kind: "sum", axes: ["t"], x: at("dw", now) } },
      ],
    }),
  };
}
