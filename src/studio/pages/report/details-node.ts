/**
 * All there is to say of one node, in the order in which a reader asks: what it is, why it is there, where it
 * went, where it came from.
 */
import { element } from "../shared/element.ts";
import { countText, sizeText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedNode, RewriteUse, RuleUse } from "../../explanation.ts";
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
import { equation, math } from "../shared/math.ts";
import { keyOfBuffer } from "./report-index.ts";
import { transposeNote } from "./transpose-note.ts";

type Part = HTMLElement | string;

export function nodeDetails(context: Context, node: ExplainedNode): Part[] {
  const { index } = context;
  const { name, type, region, program, derivation, rewrites } = node;
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
    ...(derivation === undefined ? [] : derivationParts(context, derivation)),
    ...transposeNote(context, node),
    ...(rewrites.length === 0 ? [] : rewriteParts(context, rewrites)),
    ...whereParts(context, node),
    ...neighbourParts(context, node),
    ...(node.place === undefined ? [] : [element("h3", {}, "In the spec"), specQuote(context, node.place)]),
  ];
}

export const regionNames = {
  forward: "Forward: on the way to the loss",
  backward: "Backward: part of a gradient",
  update: "Update: the optimizer's step",
  evaluation: "Evaluation and prediction",
} as const;

/** Terms and what they are; those without a value are left out. */
export function facts(pairs: readonly (readonly [term: string, value: Part | undefined])[]): HTMLElement {
  const rows = pairs.flatMap(([term, value]) =>
    value === undefined ? [] : [element("dt", {}, term), element("dd", {}, value)],
  );
  return element("dl", { class: "facts" }, ...rows);
}

function derivationParts(
  context: Context,
  { rule, general, forward, forwardNode }: RuleUse,
): readonly HTMLElement[] {
  const applied = element("p", {}, "Applied to ");
  if (forwardNode !== undefined && context.index.nodes.has(forwardNode))
    applied.append(nodeLink(context, forwardNode), ":");
  else applied.append("a forward value that was simplified away since:");
  return [
    element("h3", {}, "Why it is there"),
    element("p", {}, "The rule ", ruleLink(context, rule), " says of every"),
    element("div", { class: "display" }, math(general.forward, true)),
    element("p", {}, "that the gradient flows back as"),
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
    element("h3", {}, "How it was rewritten"),
    element("p", { class: "quiet" }, "Equal for all values, and cheaper to compute or safer to round:"),
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
    const lives = buffer.life && `, lives from call ${buffer.life.first} to ${buffer.life.last}`;
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
          ? `none: fused, ${type} never leaves the registers`
          : undefined,
    ],
    [
      "Gradients",
      parameters.length === 0
        ? undefined
        : element(
            "span",
            {},
            "it is a step to ",
            ...some(parameters.map((name) => parameterLink(context, name, "gradients"))),
          ),
    ],
  ]);
  return rows.childElementCount === 0 ? [] : [element("h3", {}, "Where it went"), rows];
}

function neighbourParts(context: Context, { operands, users }: ExplainedNode): readonly HTMLElement[] {
  const links = (ids: readonly string[]) =>
    element("span", {}, ...some([...new Set(ids)].map((id) => nodeLink(context, id))));
  return [
    element("h3", {}, "What it reads, who reads it"),
    facts([
      ["Reads", operands.length === 0 ? "nothing: it is given" : links(operands)],
      ["Read by", users.length === 0 ? "nobody: it is a result" : links(users)],
    ]),
  ];
}

const mostListed = 30;

/** The first of many. */
export const some = (items: readonly (Node | string)[]): (Node | string)[] => [
  ...listed(items.slice(0, mostListed)),
  ...(items.length > mostListed ? [` and ${countText(items.length - mostListed)} more`] : []),
];

export { link };
