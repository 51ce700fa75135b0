/**
 * How each gradient was derived: the steps from the loss back to the parameter, as text, as JSON and as TeX.
 */
import { notationOf } from "../../compiler/notation/notation.ts";
import { mathematicalName } from "../../compiler/notation/symbol.ts";
import { escapeTex, texOf } from "../../compiler/notation/tex.ts";
import { textPrinter } from "../../compiler/notation/text.ts";
import { gradientStory } from "../explain/gradient-story.ts";
import type { Derived, GradientStory, Group, Step, Value } from "../explain/gradient-story.ts";
import type { Subject } from "../explain/subject.ts";
import type { RuleUse } from "../explanation.ts";
import type { View } from "./view.ts";

/**
 * The derivation of the gradients for papers: displayed equations with amsmath, numbered as in the text. Names are
 * escaped, so that nothing in a spec becomes a command.
 */
function gradientsTex({ forward, derivations }: GradientStory, model: string): string {
  return [
    `% How tapeless derived the gradients of ${model}. It needs \\usepackage{amsmath}; \\allowdisplaybreaks ` +
      "lets long ones break over pages.",
    "% \\odot multiplies element by element; [condition] is 1 where it holds and 0 elsewhere; i goes over " +
      "the rows of the batch, j along the",
    "% last axis, k, l, ... along those between.",
    ...forward.flatMap(groupTex),
    ...derivations.flatMap(derivedTex),
    "",
  ].join("\n");
}

const groupTex = ({ layer, values }: Group): string[] => [
  "",
  paragraph(layer === undefined ? "The loss:" : `${typewriter(layer)}:`),
  ...aligned(values.map((value) => equation(value))),
];

function derivedTex({ parameter, from, steps }: Derived): string[] {
  const places = from.map((number) => `(${number})`).join(", ");
  const title = `The gradient with respect to ${typewriter(parameter)}`;
  if (steps.length === 0) return ["", paragraph(`${title} is ${places}.`)];
  const equations = steps.map((step) => `${equation(step)} \\tag{${step.number}}`);
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

/**
 * The steps from the loss back to the parameter, each a formula with its type, its rules, the forward values that
 * they apply to, and the rewrites that changed it.
 */
export function gradientsView(subject: Subject): View {
  const story = gradientStory(subject);
  return {
    text: () => storyText(story),
    json: () => storyJson(story),
    tex: () => gradientsTex(story, subject.compilation.model.name),
  };
}

const textOf = textPrinter(mathematicalName);

const legend = [
  "∂L/∂x is the derivative of the loss by x, which the code calls d_x. ⊙ multiplies element by element, · " +
    "with a number or as matrices do;",
  "[condition] is 1 where it holds and 0 elsewhere; i goes over the rows of the batch, j along the last " +
    "axis, k, l, … along those between.",
];

function storyText({ forward, derivations }: GradientStory): string {
  const count = Math.max(0, ...derivations.flatMap(({ steps }) => steps.map(({ number }) => number)));
  const width = `(${count})`.length;
  return [
    ...legend,
    "",
    "Values on the way to the loss",
    ...forward.flatMap(groupText),
    ...derivations.flatMap((derived) => ["", ...derivedText(derived, width)]),
    ...appliedText(derivations),
    "",
  ].join("\n");
}

const groupText = ({ layer, values }: Group): string[] => [
  `  ${layer ?? "the loss"}`,
  ...values.map((value) => `    ${equationText(value)}`),
];

const equationText = ({ symbol, formula, type }: Value): string =>
  `${textOf(symbol)} = ${textOf(formula)}   ${type}`;

function derivedText({ parameter, from, steps }: Derived, width: number): string[] {
  const title = `Gradient of the loss with respect to ${parameter}`;
  const places = from.map((number) => `(${number})`).join(", ");
  if (steps.length === 0) return [`${title}: it is ${places}`];
  return [
    from.length === 0 ? title : `${title}, from ${places}`,
    ...steps.flatMap((step) => stepText(step, width)),
  ];
}

function stepText(step: Step, width: number): string[] {
  const indent = " ".repeat(width + 7);
  const rewrites = [...new Set(valuesOf(step).flatMap((value) => value.rewrites.map(({ rule }) => rule)))];
  return [
    `  ${`(${step.number})`.padStart(width)} ${equationText(step)}`,
    ...rulesOf(step).map((line) => `${indent}by ${line}`),
    ...(rewrites.length === 0 ? [] : [`${indent}rewritten: ${rewrites.join(", ")}`]),
  ];
}

/** Those that a formula writes out, and what it gives. */
const valuesOf = (step: Step): readonly Value[] => [...step.through, step];

/** The rules behind a formula in the order in which they were applied, each once for a forward value. */
function rulesOf(step: Step): string[] {
  const lines = valuesOf(step).flatMap(({ derivation, layer }) =>
    derivation === undefined
      ? []
      : [`${derivation.rule} of ${derivation.forward.text}${layer === undefined ? "" : `   (${layer})`}`],
  );
  return [...new Set(lines)];
}

/** What the rules that were named say in general, derivatives as the code calls them. */
function appliedText(derivations: readonly Derived[]): string[] {
  const values = derivations.flatMap(({ steps }) => steps.flatMap(valuesOf));
  const rules = values.flatMap(({ derivation }) =>
    derivation === undefined ? [] : [`  ${derivation.rule}: ${generalText(derivation)}`],
  );
  const rewrites = values.flatMap((value) =>
    value.rewrites.map(({ rule, equation }) => `  ${rule}: ${equation.text}`),
  );
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : ["", title, ...[...new Set(lines)].sort()];
  return [...section("Rules, of z with the derivative dz", rules), ...section("Rewrites", rewrites)];
}

const generalText = ({ general }: RuleUse): string =>
  `${general.forward.text}  ⇒  ${general.derivative.text}`;

/** Every node that was derived is in it, numbers apart: as a step, or with the step whose formula writes it out. */
const storyJson = ({ forward, derivations }: GradientStory): unknown => ({
  values: forward.flatMap(({ values }) => values.map(valueJson)),
  derivations: derivations.map(({ parameter, from, steps }) => ({
    parameter,
    from,
    steps: steps.map((step) => ({
      number: step.number,
      ...valueJson(step),
      through: step.through.map(valueJson),
    })),
  })),
});

function valueJson({ name, symbol, formula, type, layer, derivation, rewrites }: Value): object {
  const [{ tex: symbolTex }, { text, tex }] = [notationOf(symbol), notationOf(formula)];
  return {
    name,
    formula: text,
    type,
    tex: `${symbolTex} = ${tex}`,
    ...(layer !== undefined && { layer }),
    ...(derivation !== undefined && ruleJson(derivation)),
    ...(rewrites.length > 0 && { rewrites: rewrites.map(({ rule, pass }) => ({ rule, pass })) }),
  };
}

const ruleJson = (use: RuleUse): object => ({
  rule: use.rule,
  general: generalText(use),
  forward: use.forward.text,
});
