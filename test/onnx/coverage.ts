// Writes docs/onnx-coverage.md: how many tests of ONNX pass, and why the others do not.
// Run `npm run docs:onnx` after a change of the operators; the test of the suite compares the page with its results.
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { operatorNames } from "../../src/compiler/library/onnx/operators/index.ts";
import { runTest, suites, testsOf } from "./suite.ts";
import type { Outcome, Suite } from "./suite.ts";

export const page = fileURLToPath(new URL("../../docs/onnx-coverage.md", import.meta.url));

/** The outcome of every test, by its name. */
export type Outcomes = ReadonlyMap<Suite, ReadonlyMap<string, Outcome>>;

export async function outcomesOfAll(): Promise<Outcomes> {
  const all = new Map<Suite, Map<string, Outcome>>();
  for (const suite of suites) {
    const outcomes = new Map<string, Outcome>();
    for (const name of testsOf(suite)) outcomes.set(name, await runTest(suite, name));
    all.set(suite, outcomes);
  }
  return all;
}

const titles: Readonly<Record<Suite, string>> = {
  node: "Single operators",
  "pytorch-converted": "Layers exported by PyTorch",
  "pytorch-operator": "Operators exported by PyTorch",
  simple: "Whole models",
};

/** A reason without the names of nodes and values, so that equal reasons are grouped. */
const general = (reason: string): string =>
  reason
    .replace(
      /^one node is not supported: \S* ?\(([^)]*)\) uses an operator that is not supported$/,
      "the operator $1",
    )
    .replace(/^one node is not supported: \S* ?\(([^)]*)\) /, "$1 ")
    .replace(/^\d+ nodes are not supported: .*$/, "several operators")
    .replace(/^the input "[^"]*" /, "an input ")
    .replace(/the attribute "([^"]*)" of the node "[^"]*"/, "the attribute $1");

/** The names of the operators that begin with the same letter, in one line. */
function operatorLines(): readonly string[] {
  const byLetter = new Map<string, string[]>();
  for (const name of operatorNames())
    byLetter.set(name[0], [...(byLetter.get(name[0]) ?? []), `\`${name}\``]);
  return [...byLetter].map(([letter, names]) => `- ${letter}: ${names.join(", ")}`);
}

const passing = (outcomes: ReadonlyMap<string, Outcome>): number =>
  [...outcomes.values()].filter(({ kind }) => kind === "passes").length;

export function coverageText(all: Outcomes): string {
  const counts = [...all].map(
    ([suite, outcomes]) => `| ${titles[suite]} (\`${suite}\`) | ${passing(outcomes)} | ${outcomes.size} |`,
  );
  const reasons = new Map<string, string[]>();
  for (const outcomes of all.values())
    for (const [name, outcome] of outcomes)
      if (outcome.kind === "unsupported") {
        const reason = general(outcome.reason).replaceAll("|", "\\|");
        reasons.set(reason, [...(reasons.get(reason) ?? []), name]);
      }
  const rows = [...reasons]
    .sort(([a, x], [b, y]) => y.length - x.length || (a < b ? -1 : 1))
    .map(
      ([reason, names]) =>
        `| ${reason} | ${names.map((name) => `\`${name.replace(/^test_/, "")}\``).join(" ")} |`,
    );
  return `# ONNX: operators and tests

After reading this page, you know which ONNX models tapeless can read. The page is generated from the tests of ONNX
itself (Debian's \`libonnx-testdata\`) by \`npm run docs:onnx\`.

The table of operators has ${operatorNames().length} entries:

${operatorLines().join("\n")}

| tests | pass | all |
| --- | --- | --- |
${counts.join("\n")}

A test passes if its outputs are within ONNX's tolerance (10⁻³ of the value plus 10⁻⁷) on the target \`ts\` in f64, and on
the target \`wasm\` in f64 and f32. Three large models run only on \`wasm\`. Shapes, axes and bounds are constants in exported
models. If a test passes them as inputs, they are replaced by constants.

## Tests that do not pass

Either tapeless rejects the model with a message, or the files of the test are inconsistent. The reasons:

| reason | tests |
| --- | --- |
${rows.join("\n")}
`;
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(page, coverageText(await outcomesOfAll()));
