// The four formats of a derivation: text, JSON, TeX and the report. If a test fails, one of them omits or changes a
// step, a rule or a rewrite that another one shows.
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";
import { explainNodes } from "../../../src/studio/explain/explain-nodes.ts";
import { explainGradients } from "../../../src/studio/explain/gradient-derivations.ts";
import { rewritesOf, rulesOf } from "../../../src/studio/step-rules.ts";
import { gradientsView } from "../../../src/studio/views/gradients-view.ts";

/** What a format says of one step. A format without rules leaves them out. */
interface Told {
  readonly equation: string;
  readonly rules: readonly string[];
  readonly rewrites: readonly string[];
}

/** The lines of the text: a numbered equation, and below it the rules and rewrites. */
function toldByText(text: string): Map<number, Told> {
  const blocks = text.matchAll(/^ +\((\d+)\) (.*) {3}\S+\n((?: {8,}\S.*\n)*)/gm);
  return new Map(
    [...blocks].map(([, number, equation, below]) => {
      const lines = below.split("\n").map((line) => line.trim());
      const rules = lines.flatMap((line) => /^by (.*?)(?: {3}\(.*\))?$/.exec(line)?.[1] ?? []);
      const rewrites = lines.flatMap((line) => /^rewritten: (.*)$/.exec(line)?.[1].split(", ") ?? []);
      return [Number(number), { equation, rules, rewrites }];
    }),
  );
}

interface JsonValue {
  readonly tex: string;
  readonly rules?: readonly { readonly rule: string; readonly forward: string }[];
  readonly rewrites?: readonly { readonly rule: string }[];
}
interface Json {
  readonly derivations: readonly {
    readonly steps: readonly (JsonValue & {
      readonly number: number;
      readonly through: readonly JsonValue[];
    })[];
  }[];
}

function toldByJson(json: unknown): Map<number, Told> {
  const { derivations } = JSON.parse(JSON.stringify(json)) as Json;
  return new Map(
    derivations.flatMap(({ steps }) =>
      steps.map((step): [number, Told] => {
        const values = [...step.through, step];
        const rules = values.flatMap((value) =>
          (value.rules ?? []).map(({ rule, forward }) => `${rule} of ${forward}`),
        );
        const rewrites = values.flatMap((value) => (value.rewrites ?? []).map(({ rule }) => rule));
        return [step.number, { equation: step.tex, rules, rewrites }];
      }),
    ),
  );
}

const toldByTex = (tex: string): Map<number, string> =>
  new Map(
    [...tex.matchAll(/^ {2}(.*) \\tag\{(\d+)\}/gm)].map(([, equation, number]) => [Number(number), equation]),
  );

/** The rules in any order, each once. Only text and report order them. */
const sorted = (names: readonly string[]): string[] => [...new Set(names)].sort();

const files = readdirSync("graphs", { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => `graphs/${name}`);

it.each(files)("of %s say the same", async (file) => {
  const { model } = await readSpec(file);
  const subject = { compilation: compileFor(model, { dtype: "f32" }), of: undefined, reports: [] };
  const view = gradientsView(subject);
  const text = toldByText(view.text());
  const json = toldByJson(view.json());
  const tex = toldByTex(view.tex?.() ?? "");
  const nodes = new Map(explainNodes(subject).map((node) => [node.id, node]));
  const steps = explainGradients(subject).derivations.flatMap((derivation) => derivation.steps);
  const numbers = [...new Set(steps.map(({ number }) => number))].sort((a, b) => a - b);
  expect(numbers.length).toBeGreaterThan(0);
  expect([...text.keys()]).toEqual(numbers);
  expect([...json.keys()]).toEqual(numbers);
  expect([...tex.keys()]).toEqual(numbers);
  for (const { number, node, through } of steps) {
    const values = [...through, node].flatMap((id) => nodes.get(id) ?? []);
    const last = values.at(-1);
    const report: Told = {
      equation: `${last?.symbol.tex} = ${last?.formula.tex}`,
      rules: rulesOf(values).map(({ rule, forward }) => `${rule} of ${forward.text}`),
      rewrites: rewritesOf(values).map(({ rule }) => rule),
    };
    const shown = text.get(number);
    expect([shown?.rules, shown?.rewrites], `step (${number})`).toEqual([report.rules, report.rewrites]);
    expect(json.get(number)?.equation).toBe(report.equation);
    expect(sorted(json.get(number)?.rules ?? [])).toEqual(sorted(report.rules));
    expect(sorted(json.get(number)?.rewrites ?? [])).toEqual(sorted(report.rewrites));
    expect(tex.get(number)?.replace(" &= ", " = ")).toBe(report.equation);
  }
});
