/**
 * Writes the results of a fuzzer run as text: the summary, the findings as Markdown, and a case for the
 * tests.
 */
import type { Tightness } from "./compare.ts";
import type { Failure, Outcome } from "./campaign.ts";

const percent = (part: number, whole: number): string => `${((100 * part) / (whole || 1)).toFixed(2)} %`;

const tightnessText = (dtype: string, { compared, unbounded, loose, worst }: Tightness): string =>
  `${dtype}: ${compared} numbers compared, ${percent(unbounded, compared)} without a ` +
  `bound, ${percent(loose, compared)} with a bound above 1 % of their magnitude; the largest ` +
  `error is ${percent(worst, 1)} of its bound`;

export function summaryText({
  seed,
  ran,
  failed,
  refused,
  seconds,
  failures,
  tightness,
  counts,
}: Outcome): string {
  const torch = Object.entries(counts).flatMap(([key, count]) =>
    key.startsWith("torch | ") ? [`${key.slice(8)} ${count}`] : [],
  );
  return [
    `seed ${seed}: ${ran} specs in ${seconds.toFixed(0)} s (${(seconds / (ran || 1)).toFixed(2)} s per ` +
      `spec), ${failed} failed in ${failures.length} classes`,
    `${refused} generated specs were rejected by the compiler and replaced`,
    tightnessText("f32", tightness.f32),
    tightnessText("f64", tightness.f64),
    ...(torch.length > 0 ? [`PyTorch: ${torch.join(", ")}`] : []),
    // .ci/run reads the counts from this line.
    `${ran - failed} passed, ${failed} failed`,
    ...failures.map(
      (failure) => `${failure.count} × ${failure.class} (first: --seed ${seed} --only ${failure.index})`,
    ),
  ].join("\n");
}

/** The classes of failures with their smallest specs. The most frequent class comes first. */
export function findingsText(failures: readonly Failure[]): string {
  const sections = failures
    .toSorted((a, b) => b.count - a.count)
    .map(
      ({ class: name, count, seed, index, finding, spec, isShrunk }) => `## ${name}

${count} specs; first: \`npm run fuzz -- --seed ${seed} --only ${index}\`

    ${finding.text.replaceAll("\n", "\n    ")}

${isShrunk ? "Smallest spec" : "Spec, not shrunk"} (data seed ${index}):

\`\`\`json
${JSON.stringify(spec)}
\`\`\`
`,
    );
  return `# Findings of the fuzzer\n\n${failures.length} classes.\n\n${sections.join("\n")}`;
}

/** The failure as a file that `cases.test.ts` runs. */
export const caseText = ({ spec, index, seed, finding }: Failure): string =>
  `${JSON.stringify({ about: `seed ${seed}, spec ${index}: ${finding.where}: ${finding.text}`.slice(0, 400), seed: index, spec }, undefined, 2)}\n`;
