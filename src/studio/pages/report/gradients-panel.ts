/**
 * The gradients view of the report: the derivation of each gradient in numbered steps from the loss to the
 * parameter, each with its rule.
 */
import { element } from "../shared/element.ts";
import type { DerivationStep, RewriteUse, RuleUse } from "../../explanation.ts";
import { rewritesOf, rulesOf } from "../../step-rules.ts";
import { withoutGradient } from "./context.ts";
import type { Context, Panel, Pick } from "./context.ts";
import { lazyList } from "./table.ts";
import type { LazyList } from "./table.ts";
import { kernelLink, layerLink, lineLinks, nodeLink, parameterLink, ruleLink } from "./links.ts";
import { equation, math } from "../shared/math.ts";

export function gradientsPanel(context: Context): Panel {
  const { derivations, layers } = context.index.explanation;
  const entries = element("nav", { class: "parameters", "aria-label": "Parameters" });
  const shown = element("div", { class: "scroll derivation" });
  for (const { name, parameters } of layers)
    if (parameters.length > 0)
      entries.append(
        element("div", { class: "quiet" }, name),
        ...parameters.map((parameter) => entryOf(context, parameter.name)),
      );
  const root = element(
    "section",
    { class: "gradients-panel" },
    element(
      "header",
      {},
      element("h1", {}, "Gradients"),
      element(
        "p",
        { class: "intro" },
        "How the gradient of the loss with respect to each parameter was derived, backwards from the loss. " +
          "Each step lists the rules that it applies, in general and as applied here, and then the rewrites that " +
          "changed the result. The numbers of the steps are the same for all parameters. A ∂L/∂x " +
          "with a number has the shape of x. A ∂L/∂x without a number may have another shape: if an op " +
          "reads only a slice of x, it has the shape of the slice.",
      ),
    ),
    element("div", { class: "columns" }, entries, shown),
  );
  let current: string | undefined;
  let steps: LazyList | undefined;
  const choose = (parameter: string) => {
    if (parameter === current) return;
    current = parameter;
    steps = undefined;
    for (const item of entries.querySelectorAll("a"))
      item.toggleAttribute("data-current", item.dataset.parameter === parameter);
    entries.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
    const list = context.index.derivations.get(parameter)?.steps ?? [];
    steps = lazyList({
      count: list.length,
      root: shown,
      height: 130,
      draw: (i) => stepOf(context, list[i]),
    });
    const title = element("h2", {}, "Gradient of the loss with respect to ", element("code", {}, parameter));
    shown.replaceChildren(
      title,
      list.length === 0
        ? element("p", {}, withoutGradient(context.index, parameter))
        : element("div", { class: "steps" }, ...steps.parts),
    );
    shown.scrollTop = 0;
  };
  const show = (pick: Pick | undefined) => {
    const node = pick?.kind === "node" ? pick.key : undefined;
    const through = node === undefined ? [] : context.index.derivationsOfNode(node);
    if (pick?.kind === "parameter") choose(pick.key);
    else if (current === undefined || (through.length > 0 && !through.includes(current)))
      choose(through[0] ?? derivations[0]?.parameter ?? "");
    const own = context.index.derivations.get(current ?? "")?.steps ?? [];
    const place = own.findIndex((step) => step.node === node);
    if (place >= 0) steps?.item(place)?.scrollIntoView({ block: "nearest" });
    for (const [i, item] of steps?.drawn() ?? []) item.toggleAttribute("data-current", i === place);
  };
  return { element: root, show };
}

function entryOf(context: Context, name: string): HTMLElement {
  const made = parameterLink(context, name, "gradients");
  made.dataset.parameter = name;
  made.toggleAttribute("data-frozen", !context.index.derivations.has(name));
  return made;
}

function stepOf(context: Context, { number, node: id, through }: DerivationStep): HTMLElement {
  const values = [...through, id].flatMap((each) => context.index.nodes.get(each) ?? []);
  const node = values.at(-1);
  if (node === undefined) return element("article");
  const { type, layer, kernel } = node;
  const lines = context.index.statementsOfNode(id);
  const where = [
    ...(layer === undefined ? [] : [context.index.layers.has(layer) ? layerLink(context, layer) : layer]),
    ...(kernel === undefined ? [] : [element("span", {}, "kernel ", kernelLink(context, kernel, "kernels"))]),
    ...(lines.length === 0
      ? []
      : [element("span", {}, lines.length === 1 ? "line " : "lines ", lineLinks(context, lines))]),
  ];
  return element(
    "article",
    { class: "step" },
    element("div", { class: "number" }, String(number)),
    element(
      "div",
      {},
      element(
        "div",
        { class: "head" },
        nodeLink(context, id, "gradients"),
        element("code", { class: "quiet" }, type),
      ),
      element("div", { class: "display" }, equation(node)),
      element(
        "div",
        { class: "why" },
        ...rulesOf(values).flatMap((use) => ruleParts(context, use)),
        ...rewritesOf(values).map((use) => rewriteLine(context, use)),
      ),
      element(
        "div",
        { class: "where quiet" },
        ...where.flatMap((each, i) => (i === 0 ? [each] : [" · ", each])),
      ),
    ),
  );
}

function ruleParts(context: Context, { rule, general, forward, forwardNode }: RuleUse): HTMLElement[] {
  const name =
    forwardNode === undefined ? "" : element("span", {}, " (", nodeLink(context, forwardNode), ")");
  const inGeneral = [math(general.forward), " ⇒ ", math(general.derivative)];
  return [
    element("div", {}, "by ", ruleLink(context, rule), ": ", ...inGeneral),
    element("div", { class: "applied" }, "applied to ", math(forward), name),
  ];
}

const rewriteLine = (context: Context, { rule, pass, equation: sides }: RewriteUse): HTMLElement =>
  element(
    "div",
    {},
    "rewritten by ",
    ruleLink(context, rule),
    ": ",
    math(sides),
    element("span", { class: "quiet" }, ` in ${pass}`),
  );
