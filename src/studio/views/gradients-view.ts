/**
 * The view of gradients: the derivation of each gradient, from the loss back to the parameter, as text, as
 * JSON, as TeX and as HTML.
 */
import { escapeMarkup, mathmlOf } from "../../compiler/notation/mathml.ts";
import { notationOf } from "../../compiler/notation/notation.ts";
import { mathematicalName } from "../../compiler/notation/symbol.ts";
import { escapeTex, texOf } from "../../compiler/notation/tex.ts";
import { textPrinter } from "../../compiler/notation/text.ts";
import { gradientDerivations, idOfValue } from "../explain/gradient-derivations.ts";
import type { Derived, GradientDerivations, Group, Step, Value } from "../explain/gradient-derivations.ts";
import type { Subject } from "../explain/subject.ts";
import type { ExplainedNumbers, ExplainedRow, RuleUse } from "../explanation.ts";
import { numbersText, numberText } from "../row-numbers.ts";
import { rewritesOf, rulesOf } from "../step-rules.ts";
import type { View } from "./view.ts";

/**
 * Writes the derivation of the gradients for papers: displayed equations with amsmath, with the same numbers
 * as in the text format. Names are escaped, so that a name in a spec cannot become a command.
 */
function gradientsTex(all: GradientDerivations, model: string, row: ExplainedRow | undefined): string {
  const { forward, derivations } = all;
  return [
    `% The gradients of ${model}, derived by tapeless. Needs \\usepackage{amsmath}; \\allowdisplaybreaks ` +
      "lets long derivations break across pages.",
    "% \\odot multiplies element by element; [condition] is 1 if it holds and 0 otherwise; i runs over the " +
      "rows of the batch, j over the",
    "% last axis, k, l, ... over the axes between them. Axes with a number are counted from 0, the axis of rows.",
    ...(hasRepeated(all) ? ['% The subscript "again" marks the same value, recomputed to save memory.'] : []),
    ...(row === undefined ? [] : rowTex(row)),
    ...forward.flatMap((group) => groupTex(group, row)),
    ...derivations.flatMap((derived) => derivedTex(derived, row)),
    "",
  ].join("\n");
}

const rowTex = (row: ExplainedRow): string[] => [
  "",
  paragraph(`${escapeTex(sourceText(row))} ${numbersInTex(numberText(row.loss))}.`),
  ...aligned(
    row.fields.map(({ name, node }) => `${typewriter(name)} &= ${proseTex(numbersText(row.numbers[node]))}`),
  ),
];

const groupTex = ({ layer, values }: Group, row: ExplainedRow | undefined): string[] => [
  "",
  paragraph(layer === undefined ? "The loss:" : `${typewriter(layer)}:`),
  ...aligned(values.flatMap((value) => [equation(value), ...numbersTex(value, row)])),
];

function derivedTex({ parameter, from, newSteps }: Derived, row: ExplainedRow | undefined): string[] {
  const places = from.map((number) => `(${number})`).join(", ");
  const title = `The gradient with respect to ${typewriter(parameter)}`;
  if (newSteps.length === 0) return ["", paragraph(`${title} is ${places}.`)];
  const equations = newSteps.flatMap((step) => [
    `${equation(step)} \\tag{${step.number}}`,
    ...numbersTex(step, row),
  ]);
  return [
    "",
    paragraph(from.length === 0 ? `${title}:` : `${title}, from ${places}:`),
    ...aligned(equations),
  ];
}

const typewriter = (name: string): string => `\\texttt{${escapeTex(name)}}`;
const paragraph = (text: string): string => `\\noindent ${text}`;

const aligned = (equations: readonly string[]): string[] => [
  "\\begin{align*}",
  ...equations.map((each, i) => `  ${each}${i === equations.length - 1 ? "" : " \\\\"}`),
  "\\end{align*}",
];

const equation = ({ symbol, formula }: Value): string => `${texOf(symbol)} &= ${texOf(formula)}`;

/** The numbers of a value, as a line of the equations below its formula. */
function numbersTex(value: Value, row: ExplainedRow | undefined): string[] {
  const numbers = row?.numbers[idOfValue(value)];
  return numbers === undefined ? [] : [`&= ${proseTex(numbersText(numbers))}`];
}

const proseTex = (text: string): string => `\\text{${numbersInTex(text)}}`;

/** Text with numbers: TeX sets a minus sign, an exponent and `…` only in math mode. */
const numbersInTex = (text: string): string =>
  text.replace(
    /−?(?:\d[\d.]*(?:e[−+]?\d+)?|∞)|…/g,
    (number) => `$${texOf({ kind: "number", text: number.replaceAll("e−", "e-") })}$`,
  );

/**
 * Shows the steps from the loss back to the parameter. Each step has its formula, type and rules, the forward
 * values to which the rules apply, and the rewrites that changed it.
 */
export function gradientsView(subject: Subject): View {
  const derivations = gradientDerivations(subject);
  return {
    text: () => derivationsText(derivations, subject.row),
    json: () => derivationsJson(derivations, subject.row),
    tex: () => gradientsTex(derivations, subject.compilation.model.name, subject.row),
    fragment: () => gradientsHtml(derivations, subject.row),
  };
}

const textOf = textPrinter(mathematicalName);

const legend = [
  "∂L/∂x is the derivative of the loss with respect to x; the code calls it d_x. ⊙ multiplies element by " +
    "element, · is a product with a number or of matrices;",
  "[condition] is 1 if it holds and 0 otherwise; i runs over the rows of the batch, j over the last axis, " +
    "k, l, … over the axes between them. Axes with a number are counted from 0, the axis of rows.",
];

const repeatedText = "A name that ends in _again is the same value, recomputed to save memory";

/** Whether a value is recomputed, because memory planning did not keep it. */
const hasRepeated = ({ forward, derivations }: GradientDerivations): boolean =>
  [...forward.flatMap(({ values }) => values), ...derivations.flatMap(({ steps }) => steps)].some(
    ({ name }) => /_again(_\d+)?$/.test(name),
  );

function derivationsText(
  { forward, derivations }: GradientDerivations,
  row: ExplainedRow | undefined,
): string {
  const count = Math.max(0, ...derivations.flatMap(({ steps }) => steps.map(({ number }) => number)));
  const width = `(${count})`.length;
  return [
    ...legend,
    ...(hasRepeated({ forward, derivations }) ? [`${repeatedText}.`] : []),
    ...(row === undefined ? [] : rowText(row)),
    "",
    "Forward values",
    ...forward.flatMap((group) => groupText(group, row)),
    ...derivations.flatMap((derived) => ["", ...derivedText(derived, width, row)]),
    ...appliedText(derivations),
    "",
  ].join("\n");
}

/** Which row the numbers are of, and the numbers of its inputs and targets. */
const rowText = (row: ExplainedRow): string[] => [
  `${sourceText(row)} ${numberText(row.loss)}.`,
  ...row.fields.map(({ name, node }) => `  ${name} = ${numbersText(row.numbers[node])}`),
];

const sourceText = ({ source, parameters }: ExplainedRow): string =>
  `The numbers are those of ${source}, with the ${parameters}; its loss is`;

const groupText = ({ layer, values }: Group, row: ExplainedRow | undefined): string[] => [
  `  ${layer ?? "the loss"}`,
  ...values.flatMap((value) => [`    ${equationText(value)}`, ...numbersLine(value, row, 8)]),
];

/** The numbers of a value on a line of its own. */
function numbersLine(value: Value, row: ExplainedRow | undefined, indent: number): string[] {
  const numbers = row?.numbers[idOfValue(value)];
  return numbers === undefined ? [] : [`${" ".repeat(indent)}= ${numbersText(numbers)}`];
}

const equationText = ({ symbol, formula, type }: Value): string =>
  `${textOf(symbol)} = ${textOf(formula)}   ${type}`;

function derivedText(
  { parameter, from, newSteps }: Derived,
  width: number,
  row: ExplainedRow | undefined,
): string[] {
  const title = `Gradient of the loss with respect to ${parameter}`;
  const places = from.map((number) => `(${number})`).join(", ");
  if (newSteps.length === 0) return [`${title}: it is ${places}`];
  return [
    from.length === 0 ? title : `${title}, from ${places}`,
    ...newSteps.flatMap((step) => stepText(step, width, row)),
  ];
}

function stepText(step: Step, width: number, row: ExplainedRow | undefined): string[] {
  const indent = " ".repeat(width + 7);
  const rules = rulesOf(valuesOf(step));
  const rewrites = rewritesOf(valuesOf(step)).map(({ rule }) => rule);
  return [
    `  ${`(${step.number})`.padStart(width)} ${equationText(step)}`,
    ...numbersLine(step, row, indent.length),
    ...rules.map(({ rule, forward, layer }) => `${indent}by ${rule} of ${forward.text}${ofLayer(layer)}`),
    ...(rewrites.length === 0 ? [] : [`${indent}rewritten: ${rewrites.join(", ")}`]),
  ];
}

/** The unnamed values in a step's formula, and the step itself. */
const valuesOf = (step: Step): readonly Value[] => [...step.through, step];

const ofLayer = (layer: string | undefined): string => (layer === undefined ? "" : `   (${layer})`);

/** The general form of each applied rule, and the equation of each applied rewrite. */
function appliedText(derivations: readonly Derived[]): string[] {
  const values = derivations.flatMap(({ steps }) => steps.flatMap(valuesOf));
  const rules = rulesOf(values).map((use) => `  ${use.rule}: ${generalText(use)}`);
  const rewrites = rewritesOf(values).map(({ rule, equation }) => `  ${rule}: ${equation.text}`);
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", title, ...[...new Set(lines)].sort()];
  return [
    ...section("Rules (dz is the derivative of the loss with respect to z)", rules),
    ...section("Rewrites", rewrites),
  ];
}

const generalText = ({ general }: RuleUse): string =>
  `${general.forward.text}  ⇒  ${general.derivative.text}`;

// HTML with MathML, which browsers render without a script. The content is that of the text, without the
// general forms of rules.

const gradientsHtml = (
  { forward, derivations }: GradientDerivations,
  row: ExplainedRow | undefined,
): string =>
  [
    `<p>${legend.map(escapeMarkup).join(" ")}</p>`,
    ...(row === undefined ? [] : rowHtml(row)),
    heading("Forward values"),
    htmlTable(
      forward.flatMap(({ layer, values }) =>
        values.map((value, i) => [i === 0 ? code(layer ?? "the loss") : "", ...equationHtml(value, row)]),
      ),
    ),
    ...derivations.flatMap((derived) => derivedHtml(derived, row)),
  ].join("\n");

const rowHtml = (row: ExplainedRow): string[] => [
  `<p>${escapeMarkup(`${sourceText(row)} ${numberText(row.loss)}.`)}</p>`,
  htmlTable(row.fields.map(({ name, node }) => [code(name), numbersHtml(row.numbers[node])])),
];

function derivedHtml({ parameter, from, newSteps }: Derived, row: ExplainedRow | undefined): string[] {
  const title = `Gradient of the loss with respect to ${code(parameter)}`;
  const places = from.map((number) => `(${number})`).join(", ");
  if (newSteps.length === 0) return [heading(`${title}: ${places}`)];
  return [
    heading(from.length === 0 ? title : `${title}, from ${places}`),
    htmlTable(
      newSteps.map((step) => [`(${step.number})`, ...equationHtml(step, row), rulesHtml(step).join("<br/>")]),
    ),
  ];
}

function equationHtml(value: Value, row: ExplainedRow | undefined): string[] {
  const { symbol, formula, type } = value;
  const numbers = row?.numbers[idOfValue(value)];
  const equation = mathmlOf({ kind: "equation", x: symbol, y: formula });
  return [numbers === undefined ? equation : `${equation}<br/>= ${numbersHtml(numbers)}`, code(type)];
}

const numbersHtml = (numbers: ExplainedNumbers): string => escapeMarkup(numbersText(numbers));

function rulesHtml(step: Step): string[] {
  const values = valuesOf(step);
  const rewrites = rewritesOf(values).map(({ rule }) => code(rule));
  return [
    ...rulesOf(values).map(({ rule, forward, layer }) => {
      const place = layer === undefined ? "" : ` (${code(layer)})`;
      return `by ${code(rule)} of ${forward.mathml}${place}`;
    }),
    ...(rewrites.length === 0 ? [] : [`rewritten: ${rewrites.join(", ")}`]),
  ];
}

const heading = (html: string): string => `<h4>${html}</h4>`;
const code = (text: string): string => `<code>${escapeMarkup(text)}</code>`;

/** Notebooks align the cells of tables to the right; equations are aligned to the left. */
const htmlTable = (rows: readonly (readonly string[])[]): string =>
  [
    "<table><tbody>",
    ...rows.map(
      (row) => `<tr>${row.map((cell) => `<td style="text-align:left">${cell}</td>`).join("")}</tr>`,
    ),
    "</tbody></table>",
  ].join("\n");

/**
 * The JSON contains every derived node except numbers, either as a step or in the step whose formula writes
 * it inline.
 */
const derivationsJson = (
  { forward, derivations }: GradientDerivations,
  row: ExplainedRow | undefined,
): unknown => ({
  ...(row && { row: { source: row.source, parameters: row.parameters, loss: row.loss } }),
  values: forward.flatMap(({ values }) => values.map((value) => valueJson(value, row))),
  derivations: derivations.map(({ parameter, from, newSteps }) => ({
    parameter,
    from,
    steps: newSteps.map((step) => ({
      number: step.number,
      ...valueJson(step, row),
      through: step.through.map((value) => valueJson(value, row)),
    })),
  })),
});

function valueJson(value: Value, row: ExplainedRow | undefined): object {
  const { name, symbol, formula, type, layer, derivations, rewrites } = value;
  const numbers = row?.numbers[idOfValue(value)];
  const [{ tex: symbolTex }, { text, tex }] = [notationOf(symbol), notationOf(formula)];
  return {
    name,
    formula: text,
    type,
    tex: `${symbolTex} = ${tex}`,
    ...(numbers && { numbers }),
    ...(layer !== undefined && { layer }),
    ...(derivations.length > 0 && { rules: derivations.map(ruleJson) }),
    ...(rewrites.length > 0 && { rewrites: rewrites.map(({ rule, pass }) => ({ rule, pass })) }),
  };
}

const ruleJson = (use: RuleUse): object => ({
  rule: use.rule,
  general: generalText(use),
  forward: use.forward.text,
});
