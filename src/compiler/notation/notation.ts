/** Formulas and the equations of rewrite rules in all three notations: text, TeX and MathML. */
import type { Formula } from "./formula.ts";
import { escapeMarkup, markupOf, mathmlOf } from "./mathml.ts";
import { escapeTex, signTex, texOf } from "./tex.ts";
import { textOf } from "./text.ts";

/** A formula in all three notations. MathML is for pages: it has no styles, scripts or links. */
export interface Notation {
  readonly text: string;
  readonly tex: string;
  readonly mathml: string;
}

export const notationOf = (formula: Formula): Notation => ({
  text: textOf(formula),
  tex: texOf(formula),
  mathml: mathmlOf(formula),
});

// The equations of rewrite rules in all notations. The file of a rule contains its equation as a line of
// text. The text is only split into tokens, not parsed into operations, because letters, words and symbols
// suffice to typeset it.

interface Form {
  readonly tex: string;
  readonly mathml: string;
}

/** A letter or bracket with a superscript: a superscript character, or the text after ^. */
const raised = /^([a-zA-Z]|\))(?:([ᵀᵖˣ²¹])|\^([a-z])|\^\(([^)]*)\))/u;
const raisedSigns: Readonly<Record<string, string>> = { ᵀ: "T", ᵖ: "p", ˣ: "x", "²": "2", "¹": "1" };
/** Words have two or more letters; "a" is a word if another word follows. */
const prose = /^\s*(?:[a-zA-Z]{2,}|a(?= [a-z]{2}))(?:\s+(?:[a-zA-Z]{2,}|a(?= [a-z]{2})))*\s*/u;
const functions = /^(softmax|exp|ln|f(?=\())/u;

export function equationNotation(text: string): Notation {
  const forms: Form[] = [];
  for (let rest = text; rest !== "";) {
    const { length, form } = first(rest);
    forms.push(form);
    rest = rest.slice(length).replace(/^\s+(?=[^\sa-zA-Z])/u, "");
  }
  return {
    text,
    tex: forms.map(({ tex }) => tex).join(" "),
    mathml: markupOf(`<mrow>${forms.map(({ mathml }) => mathml).join("")}</mrow>`),
  };
}

/** The first token of the text and its length. */
function first(text: string): { readonly length: number; readonly form: Form } {
  const power = raised.exec(text);
  if (power !== null) {
    const [all, base, sign, letter, inner] = power;
    const above = [...(inner ?? letter ?? raisedSigns[sign])].map(signForm);
    return { length: all.length, form: powerForm(signForm(base), above) };
  }
  const called = functions.exec(text);
  if (called !== null) return { length: called[0].length, form: functionForm(called[0]) };
  const words = prose.exec(text);
  if (words !== null) return { length: words[0].length, form: proseForm(words[0]) };
  const [sign] = text;
  return { length: sign.length, form: signForm(sign) };
}

const powerForm = (base: Form, above: readonly Form[]): Form => ({
  tex: `${base.tex}^{${above.map(({ tex }) => tex).join(" ")}}`,
  mathml: `<msup>${base.mathml}<mrow>${above.map(({ mathml }) => mathml).join("")}</mrow></msup>`,
});

const functionForm = (name: string): Form => ({
  tex: name.length === 1 ? name : `\\operatorname{${name}}`,
  mathml: `<mi>${name}</mi>`,
});

const proseForm = (words: string): Form => ({
  tex: `\\text{${escapeTex(words)}}`,
  mathml: `<mtext>${escapeMarkup(words.replace(/^\s|\s$/g, "\u00a0"))}</mtext>`,
});

function signForm(sign: string): Form {
  if (/\s/.test(sign)) return { tex: "", mathml: "" };
  const tag = /[a-zA-Z]/.test(sign) ? "mi" : /\d/.test(sign) ? "mn" : "mo";
  return { tex: signTex(sign), mathml: `<${tag}>${escapeMarkup(sign)}</${tag}>` };
}
