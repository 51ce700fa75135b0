/**
 * The gradients view of the report: the derivation of each gradient in numbered steps from the loss to the
 * parameter, each with its rule. With the numbers of a row, the forward values come first, and each value is drawn.
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
import { namedValue, rowFields, rowTitle, stepper, valueMatrix } from "../shared/row-values.ts";
import "./gradients-panel.css";

/** A value of the walk: a forward value without a number, or a step of the derivation. */
interface WalkStep extends Omit<DerivationStep, "number"> {
  readonly number?: number;
}

/**
 * The values that a reader steps through: the steps of the parameter's derivation and, if the report has the numbers of
 * a row, all forward values before them.
 */
function walkOf({ index }: Context, parameter: string): readonly WalkStep[] {
  const { row, forward } = index.explanation;
  const steps = index.derivations.get(parameter)?.steps ?? [];
  if (row === undefined || steps.length === 0) return steps;
  return [...forward.map((node) => ({ node, through: [] })), ...steps];
}

export function gradientsPanel(context: Context): Panel {
  const { derivations, layers, row } = context.index.explanation;
  const entries = element("nav", { class: "parameters", "aria-label": "Parameters" });
  const shown = element("div", { class: "scroll derivation" });
  for (const { name, parameters } of layers)
    if (parameters.length > 0)
      entries.append(
        element("div", { class: "quiet" }, name),
        ...parameters.map((parameter) => entryOf(context, parameter.name)),
      );
  let current: string | undefined;
  let walk: readonly WalkStep[] = [];
  let list: LazyList | undefined;
  const steps = stepper((place) => context.selection.go({ pick: { kind: "node", key: walk[place].node } }));
  const choose = (parameter: string) => {
    if (parameter === current) return;
    current = parameter;
    for (const item of entries.querySelectorAll("a"))
      item.toggleAttribute("data-current", item.dataset.parameter === parameter);
    entries.querySelector("[data-current]")?.scrollIntoView({ block: "nearest" });
    walk = walkOf(context, parameter);
    list = lazyList({
      count: walk.length,
      root: shown,
      height: 130,
      draw: (i) => stepOf(context, walk[i], partOf(walk, i)),
    });
    const title = element("h2", {}, "Gradient of the loss with respect to ", element("code", {}, parameter));
    shown.replaceChildren(
      title,
      walk.length === 0
        ? element("p", {}, withoutGradient(context.index, parameter))
        : element("div", { class: "steps" }, ...(row === undefined ? [] : [rowFields(row)]), ...list.parts),
    );
    shown.scrollTop = 0;
  };
  const show = (pick: Pick | undefined) => {
    const node = pick?.kind === "node" ? pick.key : undefined;
    const through = node === undefined ? [] : context.index.derivationsOfNode(node);
    if (pick?.kind === "parameter") choose(pick.key);
    else if (current === undefined || (through.length > 0 && !through.includes(current)))
      choose(through[0] ?? derivations[0]?.parameter ?? "");
    const place = walk.findIndex((step) => step.node === node);
    if (place >= 0) list?.item(place);
    for (const [i, item] of list?.drawn() ?? []) markStep(context, item, walk[i], i === place);
    if (place >= 0) list?.item(place)?.scrollIntoView({ block: "nearest" });
    steps.show(place < 0 ? undefined : place, walk.length);
  };
  const head = headOf(context, steps.element);
  const root = element(
    "section",
    { class: "gradients-panel" },
    head,
    element("div", { class: "columns" }, entries, shown),
  );
  return { element: root, show, onKey: (event) => !event.shiftKey && steps.onKey(event) };
}

function headOf({ index }: Context, steps: HTMLElement): HTMLElement {
  const { row } = index.explanation;
  return element(
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
        "reads only a slice of x, it has the shape of the slice. The keys ← and → step through the values." +
        (row === undefined ? " tapeless inspect --format html --row 1 adds the numbers of a row." : ""),
    ),
    ...(row === undefined ? [] : [rowTitle(row)]),
    steps,
  );
}

/** The heading above the first forward value, and above the first step. */
function partOf(walk: readonly WalkStep[], i: number): string | undefined {
  const isStep = walk[i].number !== undefined;
  if (walk[0].number !== undefined || (i > 0 && (walk[i - 1].number !== undefined) === isStep))
    return undefined;
  return isStep ? "Backward, from the loss to the parameter" : "Forward, from the inputs to the loss";
}

/** The current step also shows the numbers of the values that its formula reads. */
function markStep(context: Context, item: HTMLElement, { node }: WalkStep, isCurrent: boolean): void {
  if (item.hasAttribute("data-current") === isCurrent) return;
  item.toggleAttribute("data-current", isCurrent);
  const { index } = context;
  const reads = isCurrent ? index.namedOperands(node) : [];
  item.querySelector(".operands")?.replaceChildren(
    ...reads.flatMap((id) => {
      const [read, numbers] = [index.nodes.get(id), index.explanation.row?.numbers[id]];
      return read === undefined || numbers === undefined ? [] : [namedValue(math(read.symbol), numbers)];
    }),
  );
}

function entryOf(context: Context, name: string): HTMLElement {
  const made = parameterLink(context, name, "gradients");
  made.dataset.parameter = name;
  made.toggleAttribute("data-frozen", !context.index.derivations.has(name));
  return made;
}

function stepOf(
  context: Context,
  { number, node: id, through }: WalkStep,
  part: string | undefined,
): HTMLElement {
  const values = [...through, id].flatMap((each) => context.index.nodes.get(each) ?? []);
  const node = values.at(-1);
  if (node === undefined) return element("article");
  const { type, layer, kernel } = node;
  const lines = context.index.statementsOfNode(id);
  const numbers = context.index.explanation.row?.numbers[id];
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
    ...(part === undefined ? [] : [element("h3", {}, part)]),
    element("div", { class: "number" }, number === undefined ? "" : String(number)),
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
      ...(numbers === undefined ? [] : [valueMatrix(numbers), element("div", { class: "operands" })]),
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
