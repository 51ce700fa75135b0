/**
 * The derivation of the gradients for papers: displayed equations with amsmath, numbered as in the text.
 * Names are escaped, so that nothing in a spec becomes a command.
 */
import type { Derived, GradientStory, Group, Value } from "../explain/gradient-story.ts";
import { escapeTex, texOf } from "../../compiler/notation/tex.ts";

export function gradientsTex({ forward, derivations }: GradientStory, model: string): string {
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
