/** The details of one node: its formula, its origin, and the explanation of a transpose. */
import { countText, sizeText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedNode, RewriteUse, RuleUse } from "../../explanation.ts";
import { element } from "../shared/element.ts";
import { equation, math } from "../shared/math.ts";
import type { Context } from "./context.ts";
import {
  bufferLink,
  kernelLink,
  layerLink,
  lineLinks,
  link,
  listed,
  nodeLink,
  parameterLink,
  ruleLink,
  specQuote,
} from "./links.ts";
import { keyOfBuffer } from "./report-index.ts";

// Explains why a formula contains a transpose, which readers ask about nearly every gradient. The derivative
// of a matrix product has two transposes, and both follow from the sums in the chain rule.

/** Returns an empty list for a node whose formula has no transpose. */
export function transposeNote(context: Context, node: ExplainedNode): readonly HTMLElement[] {
  const { op, formula } = node;
  const derivation = node.derivations.at(-1);
  const isView = op === "transpose";
  if (!isView && !formula.text.includes("ᵀ")) return [];
  const isOfProduct =
    derivation?.rule === "contract.vjp" && /^z = x (· )?y$/.test(derivation.general.forward.text);
  const explanation = isView ? viewText : isOfProduct ? productParts(context, node) : contractionText;
  return [
    element("h3", {}, "Why there is a transpose"),
    ...(typeof explanation === "string" ? [element("p", {}, explanation)] : explanation),
    ...(isView || hasPanels(context)
      ? []
      : [
          element(
            "p",
            { class: "quiet" },
            "No transposed copy is made: the loops read the original values along the other axis.",
          ),
        ]),
  ];
}

/**
 * Whether kernels copy panels of their operands. Vectorised kernels do, so for them the page does not claim
 * that there is no copy. Only vectorised kernels have WebAssembly text.
 */
const hasPanels = ({ index }: Context): boolean =>
  index.explanation.kernels.some(({ wat }) => wat !== undefined);

const viewText =
  "A transpose is a view: the same numbers with their axes in another order. It takes no operations; " +
  "its users read the numbers in that order.";
const contractionText =
  "A matrix product sums along the rows of its left factor and down the columns of its right factor. " +
  "If a sum runs over the other axis of a factor, that factor is written transposed.";

/**
 * z = x y, element by element: z[i, j] = Σ_k x[i, k] · y[k, j]. The chain rule then yields
 *     ∂L/∂y[k, j] = Σ_i x[i, k] · ∂L/∂z[i, j]    and    ∂L/∂x[i, k] = Σ_j ∂L/∂z[i, j] · y[k, j].
 */
function productParts(context: Context, { formula, derivations }: ExplainedNode): readonly HTMLElement[] {
  const derivation = derivations.at(-1);
  const isOfRight = !formula.text.endsWith("ᵀ");
  const [x, y] = (derivation?.forwardNode && context.index.nodes.get(derivation.forwardNode)?.operands) || [];
  const here =
    x === undefined || y === undefined
      ? []
      : [
          element(
            "p",
            {},
            "Here x is ",
            nodeLink(context, x),
            " and y is ",
            nodeLink(context, y),
            `; this is the gradient of ${isOfRight ? "y" : "x"}.`,
          ),
        ];
  const shown = (mathml: string, text: string) =>
    element("div", { class: "display" }, math({ mathml: `<math>${mathml}</math>`, text, tex: "" }, true));
  const [z, dz] = [at("z", "ij"), partial(at("z", "ij"))];
  const [xik, ykj] = [at("x", "ik"), at("y", "kj")];
  const forward = shown(`${z}<mo>=</mo>${sum("k")}${xik}${ykj}`, "z_ij = Σ_k x_ik y_kj");
  const gradient = isOfRight
    ? shown(`${partial(ykj)}<mo>=</mo>${sum("i")}${xik}${dz}`, "∂L/∂y_kj = Σ_i x_ik ∂L/∂z_ij")
    : shown(`${partial(xik)}<mo>=</mo>${sum("j")}${dz}${ykj}`, "∂L/∂x_ik = Σ_j ∂L/∂z_ij y_kj");
  return [
    ...here,
    element("p", {}, "Element by element, the product is"),
    forward,
    isOfRight
      ? element(
          "p",
          {},
          "so an element of y is multiplied by one element of x in each row i, and the chain rule " +
            "adds these rows up:",
        )
      : element(
          "p",
          {},
          "so an element of x is multiplied by one element of y for each output j, and the chain rule " +
            "adds these outputs up:",
        ),
    gradient,
    isOfRight
      ? element(
          "p",
          {},
          "A matrix product sums along the rows of its left factor, but this sum runs down the columns " +
            "of x. So x is written transposed.",
        )
      : element(
          "p",
          {},
          "A matrix product sums down the columns of its right factor, but this sum runs along the " +
            "rows of y. So y is written transposed.",
        ),
  ];
}

const at = (name: string, indices: string): string =>
  `<msub><mi>${name}</mi><mrow>${[...indices].map((index) => `<mi>${index}</mi>`).join("")}</mrow></msub>`;
const sum = (index: string): string => `<munder><mo>∑</mo><mi>${index}</mi></munder>`;
const partial = (of: string): string =>
  `<mfrac><mrow><mo>∂</mo><mi>L</mi></mrow><mrow><mo>∂</mo>${of}</mrow></mfrac>`;

// The details of a node, in the order of a reader's questions: what is the node, why does it exist, where is
// its value used, and where in the spec does it come from?

type Part = HTMLElement | string;

export function nodeDetails(context: Context, node: ExplainedNode): Part[] {
  const { index } = context;
  const { name, type, region, program, derivations, rewrites } = node;
  return [
    element("h2", { class: region }, name),
    element("p", { class: "quiet" }, `${regionNames[region]} · program ${program} · ${node.op}`),
    element("div", { class: "display" }, equation(node)),
    facts([
      ["Type", element("code", {}, type)],
      [
        "Layer",
        node.layer === undefined
          ? undefined
          : index.layers.has(node.layer)
            ? layerLink(context, node.layer)
            : node.layer,
      ],
      ["Part of", node.composite],
      [
        "Cost",
        node.flops > 0
          ? `${workText(node.flops)}, ${sizeText(node.bytes)} (batch of ${index.explanation.model.batchSize})`
          : undefined,
      ],
    ]),
    ...derivations.toReversed().flatMap((use, i) => derivationParts(context, use, i === 0)),
    ...transposeNote(context, node),
    ...(rewrites.length === 0 ? [] : rewriteParts(context, rewrites)),
    ...whereParts(context, node),
    ...neighbourParts(context, node),
    ...(node.location === undefined
      ? []
      : [element("h3", {}, "In the spec"), specQuote(context, node.location)]),
  ];
}

export const regionNames = {
  forward: "Forward: computes the loss",
  backward: "Backward: computes gradients",
  update: "Update: the optimizer step",
  evaluation: "Evaluation and prediction",
} as const;

/** A list of terms and their values. Terms without a value are omitted. */
export function facts(pairs: readonly (readonly [term: string, value: Part | undefined])[]): HTMLElement {
  const rows = pairs.flatMap(([term, value]) =>
    value === undefined ? [] : [element("dt", {}, term), element("dd", {}, value)],
  );
  return element("dl", { class: "facts" }, ...rows);
}

/** Explains one rule of a node. Only one is its own; the others belong to nodes that a rewrite combined with it. */
function derivationParts(
  context: Context,
  { rule, general, forward, forwardNode }: RuleUse,
  isOwn: boolean,
): readonly HTMLElement[] {
  const applied = element("p", {}, "It was applied to ");
  if (forwardNode !== undefined && context.index.nodes.has(forwardNode))
    applied.append(nodeLink(context, forwardNode), ":");
  else applied.append("a forward value that was later simplified away:");
  return [
    element("h3", {}, isOwn ? "Why it exists" : "Combined with it by a rewrite"),
    element("p", {}, "The rule ", ruleLink(context, rule), " applies to every"),
    element("div", { class: "display" }, math(general.forward, true)),
    element("p", {}, "and produces the gradient"),
    element("div", { class: "display" }, math(general.derivative, true)),
    applied,
    element("div", { class: "display" }, math(forward, true)),
  ];
}

function rewriteParts(context: Context, rewrites: readonly RewriteUse[]): readonly HTMLElement[] {
  const items = rewrites.map(({ rule, equation, pass }) =>
    element(
      "li",
      {},
      ruleLink(context, rule),
      element("span", { class: "quiet" }, ` in ${pass}`),
      element("div", { class: "display" }, math(equation, true)),
    ),
  );
  return [
    element("h3", {}, "Rewrites"),
    element(
      "p",
      { class: "quiet" },
      "Both sides are equal for all values; the right side is cheaper or more accurate:",
    ),
    element("ol", {}, ...items),
  ];
}

function whereParts(context: Context, { id, kernel, type }: ExplainedNode): readonly HTMLElement[] {
  const { index } = context;
  const lines = index.statementsOfNode(id);
  const buffers = index.buffersOfNode(id);
  const parameters = index.derivationsOfNode(id);
  const isFused = kernel !== undefined && index.explanation.kernels[kernel]?.fused.values.includes(id);
  const inMemory = buffers.map((buffer) => {
    const lives = buffer.life && `, live from call ${buffer.life.first} to ${buffer.life.last}`;
    return element(
      "span",
      {},
      bufferLink(context, keyOfBuffer(buffer), buffer.name),
      ` (${sizeText(buffer.bytes)}${lives ?? ""})`,
    );
  });
  const rows = facts([
    ["Kernel", kernel === undefined ? undefined : kernelLink(context, kernel, "kernels")],
    [lines.length === 1 ? "Line" : "Lines", lines.length === 0 ? undefined : lineLinks(context, lines)],
    [
      "Memory",
      inMemory.length > 0
        ? element("span", {}, ...listed(inMemory))
        : isFused
          ? `none: it is fused, so ${type} stays in registers`
          : undefined,
    ],
    [
      "Gradients",
      parameters.length === 0
        ? undefined
        : element(
            "span",
            {},
            "it is a step of ",
            ...some(parameters.map((name) => parameterLink(context, name, "gradients"))),
          ),
    ],
  ]);
  return rows.childElementCount === 0 ? [] : [element("h3", {}, "Where it is computed"), rows];
}

function neighbourParts(context: Context, { operands, users }: ExplainedNode): readonly HTMLElement[] {
  const links = (ids: readonly string[]) =>
    element("span", {}, ...some([...new Set(ids)].map((id) => nodeLink(context, id))));
  return [
    element("h3", {}, "Operands and users"),
    facts([
      ["Reads", operands.length === 0 ? "nothing: it is an input" : links(operands)],
      ["Read by", users.length === 0 ? "no node: it is an output" : links(users)],
    ]),
  ];
}

const maxListed = 30;

/** The first items of a long list, and the number of the others. */
export const some = (items: readonly (Node | string)[]): (Node | string)[] => [
  ...listed(items.slice(0, maxListed)),
  ...(items.length > maxListed ? [` and ${countText(items.length - maxListed)} more`] : []),
];

export { link };
