/** The right side of the report, which shows the details of the selection. */
import { gradientStorage } from "../../../compiler/ir/storage.ts";
import { element } from "../shared/element.ts";
import { countText, sizeText, workText } from "../../../compiler/util/number-text.ts";
import type { ExplainedBuffer, ExplainedKernel, ExplainedLayer, ExplainedNode } from "../../explanation.ts";
import { withoutGradient } from "./context.ts";
import type { Context, Pick } from "./context.ts";
import { facts, nodeDetails, regionNames, some, transposeNote } from "./details-node.ts";
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
import { keyOfBuffer, type KnownRule } from "./report-index.ts";

type Part = HTMLElement | string;

export function details(context: Context, pick: Pick | undefined): Part[] {
  return (pick && detailsOf(context, pick)) ?? nothingPicked(context, pick);
}

function detailsOf(context: Context, { kind, key }: Pick): Part[] | undefined {
  const { nodes, layers, rules, buffers, explanation } = context.index;
  switch (kind) {
    case "node": {
      const node = nodes.get(key);
      return node && nodeDetails(context, node);
    }
    case "kernel": {
      const kernel = explanation.kernels.find(({ index }) => String(index) === key);
      return kernel && kernelDetails(context, kernel);
    }
    case "layer": {
      const layer = layers.get(key);
      return layer && layerDetails(context, layer);
    }
    case "parameter":
      return parameterDetails(context, key);
    case "rule": {
      const rule = rules.get(key);
      return rule && ruleDetails(context, rule);
    }
    case "buffer": {
      const buffer = buffers.get(key);
      return buffer && bufferDetails(context, buffer);
    }
    case "line":
      return lineDetails(context, Number(key));
    case "pass":
      return undefined;
  }
}

function nothingPicked({ index }: Context, pick: Pick | undefined): Part[] {
  const { model } = index.explanation;
  const lost = pick !== undefined && pick.kind !== "pass";
  return [
    element("h2", {}, lost ? "Not found" : "Nothing selected"),
    element(
      "p",
      {},
      lost
        ? `This report has no ${pick.kind} ${pick.key}.`
        : "Select a node, step, kernel, buffer, layer or line of code to see what it is, the rule that " +
            "produced it, the kernel that computes it, its lines of code, its memory and its location in the spec.",
    ),
    facts([
      ["Model", model.name],
      ["Element type", `${model.dtype}, target ${model.target}`],
      ["Parameters", countText(model.parameters)],
      ["Batch", `${model.batchSize} rows`],
    ]),
    element(
      "p",
      { class: "quiet" },
      "Keys: ",
      element("kbd", {}, "/"),
      " searches, ",
      element("kbd", {}, "?"),
      " lists all keys.",
    ),
  ];
}

function kernelDetails(context: Context, kernel: ExplainedKernel): Part[] {
  const { nodes, inlined, fused, lines } = kernel;
  const range = lines && Array.from({ length: lines[1] - lines[0] + 1 }, (_, i) => lines[0] + i);
  return [
    element("h2", {}, kernel.name),
    element("p", { class: "quiet" }, `Kernel ${kernel.call} of program ${kernel.program}`),
    facts([
      ["Work", workText(kernel.flops)],
      ["Memory", `accesses ${sizeText(kernel.bytes)}`],
      [kernel.wat === undefined ? "Function" : "Fallback", element("code", {}, kernel.function)],
      ["Lines", range && lineLinks(context, range)],
      ["Schedule", kernel.schedule],
      [
        "Shared with",
        kernel.sharedBy === 1 ? undefined : element("span", {}, ...some(alikeTo(context, kernel))),
      ],
    ]),
    element("h3", {}, "What fusion saves"),
    element("p", {}, savedText(kernel)),
    element("h3", {}, `Nodes that it computes (${countText(nodes.length)})`),
    element("ul", { class: "formulas" }, ...nodes.map((id) => nodeItem(context, id, fused.values))),
    ...(inlined.length === 0
      ? []
      : [
          element("h3", {}, `Nodes that it computes inline (${countText(inlined.length)})`),
          element("p", {}, ...some(inlined.map((id) => nodeLink(context, id)))),
        ]),
  ];
}

/** The other kernels that run as the same function. */
const alikeTo = (context: Context, kernel: ExplainedKernel): HTMLElement[] =>
  context.index.explanation.kernels.flatMap((other) => {
    const isSame = kernel.wat === undefined ? other.function === kernel.function : other.wat === kernel.wat;
    return isSame && other !== kernel ? [kernelLink(context, other.index)] : [];
  });

function savedText({ fused: { nests, values, bytesSaved } }: ExplainedKernel): string {
  if (nests === 0) return "It is part of a fused kernel that was split; the main part shows the savings.";
  if (nests === 1) return "It computes and writes a single value, so there was nothing to fuse.";
  const inRegisters =
    values.length === 1
      ? "One of their results stays in a register and is"
      : `${countText(values.length)} of their results stay in registers and are`;
  const kept = values.length === 0 ? "" : ` ${inRegisters} never written to memory.`;
  const saved =
    bytesSaved > 0
      ? ` A call moves ${sizeText(bytesSaved)} less through memory than one kernel for each nest would.`
      : "";
  return `It replaces ${countText(nests)} loop nests.${kept}${saved}`;
}

function nodeItem(context: Context, id: string, fused: readonly string[] = []): HTMLElement {
  const node = context.index.nodes.get(id);
  return element(
    "li",
    {},
    nodeLink(context, id),
    fused.includes(id) ? element("span", { class: "badge" }, "in registers") : "",
    node === undefined || node.derivations.length === 0
      ? ""
      : element(
          "span",
          { class: "quiet" },
          " by ",
          ...listed(ruleNamesOf(node).map((rule) => ruleLink(context, rule))),
        ),
    node === undefined ? "" : element("div", { class: "display" }, equation(node)),
  );
}

function layerDetails(context: Context, layer: ExplainedLayer): Part[] {
  const { name, type, from, output, parameters, trainable, forwardFlops, backwardFlops, location } = layer;
  const nodes = context.index.nodesOfLayer(name);
  const ofRegion = (["forward", "backward"] as const).flatMap((region) => {
    const own = nodes.filter((node) => node.region === region && node.program === "gradient");
    const title = element("h3", {}, `${regionNames[region].split(":")[0]} (${own.length} nodes)`);
    return own.length === 0
      ? []
      : [title, element("p", { class: "names" }, ...some(own.map(({ id }) => nodeLink(context, id))))];
  });
  const froms = from.map((each) => (context.index.layers.has(each) ? layerLink(context, each) : each));
  return [
    element("h2", {}, name),
    element("p", { class: "quiet" }, `Layer of type ${type}${trainable ? "" : ", frozen"}`),
    facts([
      ["Reads", element("span", {}, ...some(froms))],
      ["Output", element("code", {}, output)],
      ["Work", `${workText(forwardFlops)} forward, ${workText(backwardFlops)} backward`],
      [
        "Parameters",
        parameters.length === 0
          ? "none"
          : element("span", {}, ...some(parameters.map((each) => parameterLink(context, each.name)))),
      ],
    ]),
    ...ofRegion,
    ...(location === undefined ? [] : [element("h3", {}, "In the spec"), specQuote(context, location)]),
  ];
}

function parameterDetails(context: Context, name: string): Part[] | undefined {
  const { index } = context;
  const layer = index.explanation.layers.find(({ parameters }) =>
    parameters.some((each) => each.name === name),
  );
  const parameter = layer?.parameters.find((each) => each.name === name);
  if (layer === undefined || parameter === undefined) return undefined;
  const steps = index.derivations.get(name)?.steps ?? [];
  const gradient = steps.at(-1)?.node;
  const node = gradient === undefined ? undefined : index.nodes.get(gradient);
  const [stored, gradientStored] = [index.buffers.get(name), index.buffers.get(gradientStorage(name))];
  return [
    element("h2", {}, name),
    element("p", { class: "quiet" }, "Parameter of ", layerLink(context, layer.name)),
    facts([
      ["Shape", element("code", {}, `[${parameter.shape.join(", ")}]`)],
      ["Values", countText(parameter.count)],
      ["Memory", stored && bufferLink(context, keyOfBuffer(stored), stored.name)],
      ["Gradient", gradientStored && bufferLink(context, keyOfBuffer(gradientStored), gradientStored.name)],
    ]),
    element("h3", {}, "Gradient"),
    gradient === undefined
      ? element("p", {}, withoutGradient(index, name))
      : element(
          "p",
          {},
          nodeLink(context, gradient),
          ", after ",
          link(
            context,
            { view: "gradients", pick: { kind: "parameter", key: name } },
            `${steps.length} steps from the loss`,
          ),
        ),
    ...(node === undefined ? [] : [element("div", { class: "display" }, equation(node))]),
    ...(layer.location === undefined
      ? []
      : [element("h3", {}, "In the spec"), specQuote(context, layer.location)]),
  ];
}

function ruleDetails(context: Context, { name, general, equation, nodes }: KnownRule): Part[] {
  const explanation =
    general === undefined
      ? [
          element(
            "p",
            {},
            "A rewrite: both sides are equal for all values; the right side is cheaper or more accurate.",
          ),
        ]
      : [
          element("p", {}, "The derivative of an op: the gradient of its operands. If"),
          element("div", { class: "display" }, math(general.forward, true)),
          element("p", {}, "then"),
          element("div", { class: "display" }, math(general.derivative, true)),
        ];
  return [
    element("h2", {}, name),
    ...explanation,
    ...(equation === undefined ? [] : [element("div", { class: "display" }, math(equation, true))]),
    element("h3", {}, `Applications (${countText(nodes.length)})`),
    element(
      "ul",
      { class: "formulas" },
      ...nodes.slice(0, maxApplications).map((id) => nodeItem(context, id)),
    ),
    nodes.length > maxApplications ? `and ${countText(nodes.length - maxApplications)} more` : "",
  ];
}

const maxApplications = 40;

function bufferDetails(context: Context, buffer: ExplainedBuffer): Part[] {
  const { name, region, type, offset, bytes, life, node } = buffer;
  const overlapping =
    life === undefined
      ? []
      : [...context.index.buffers.values()].filter(
          (other) =>
            other !== buffer &&
            other.life?.program === life.program &&
            other.offset < offset + bytes &&
            offset < other.offset + other.bytes,
        );
  return [
    element("h2", {}, name),
    element(
      "p",
      { class: "quiet" },
      life === undefined ? `Storage: ${region}` : `Temporary of program ${life.program}`,
    ),
    facts([
      ["Type", element("code", {}, type)],
      ["Bytes", `${countText(bytes)}, from ${countText(offset)} to ${countText(offset + bytes)}`],
      [
        "Live",
        life === undefined
          ? "always"
          : life.first === life.last
            ? `in call ${life.first}`
            : `from call ${life.first}, which writes it, to call ${life.last}, its last use`,
      ],
      ["Value", node === undefined ? undefined : nodeLink(context, node)],
      [
        "Shares with",
        overlapping.length === 0
          ? undefined
          : element(
              "span",
              {},
              ...some(overlapping.map((other) => bufferLink(context, keyOfBuffer(other), other.name))),
            ),
      ],
    ]),
    overlapping.length === 0
      ? ""
      : element(
          "p",
          { class: "quiet" },
          "These buffers use the same bytes at different times; their lifetimes do not overlap.",
        ),
  ];
}

function lineDetails(context: Context, number: number): Part[] | undefined {
  const { index } = context;
  const texts = index.explanation.code.text.split("\n");
  if (!(number >= 1 && number <= texts.length)) return undefined;
  const line = index.lines.get(number);
  return [
    element("h2", {}, `Line ${number}`),
    element("figure", { class: "quote" }, element("pre", {}, texts[number - 1].trim())),
    ...(line === undefined || (line.nodes.length === 0 && line.kernels.length === 0)
      ? [element("p", {}, "It belongs to no node: it is part of the runtime code of every trainer.")]
      : [
          element("h3", {}, "What it computes"),
          element("ul", { class: "formulas" }, ...line.nodes.map((id) => nodeItem(context, id))),
          facts([
            [
              "Kernels",
              element("span", {}, ...some(line.kernels.map((k) => kernelLink(context, k, "kernels")))),
            ],
          ]),
          ...ruleOf(context, line.nodes),
        ]),
    ...(line?.location === undefined
      ? []
      : [element("h3", {}, "In the spec"), specQuote(context, line.location)]),
  ];
}

/**
 * The rule that produced the line, if there is one. If several nodes share the line, the last one counts,
 * because the others are its operands.
 */
function ruleOf(context: Context, ids: readonly string[]): Part[] {
  const node = ids
    .flatMap((id) => context.index.nodes.get(id) ?? [])
    .findLast(({ derivations }) => derivations.length > 0);
  if (node === undefined) return [];
  return [
    element(
      "h3",
      {},
      node.derivations.length === 1 ? "The rule that produced it" : "The rules that produced it",
    ),
    ...node.derivations.flatMap(({ rule, general, forward }) => [
      element("p", {}, nodeLink(context, node.id), " comes from ", ruleLink(context, rule), ": if"),
      element("div", { class: "display" }, math(general.forward, true)),
      element("p", {}, "then"),
      element("div", { class: "display" }, math(general.derivative, true)),
      element("p", {}, "It was applied to"),
      element("div", { class: "display" }, math(forward, true)),
    ]),
    ...transposeNote(context, node),
  ];
}

const ruleNamesOf = ({ derivations }: ExplainedNode): string[] => [
  ...new Set(derivations.map(({ rule }) => rule)),
];
