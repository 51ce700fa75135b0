/**
 * Classifies failures. Two failures are in the same class if they have the same kind of result in the same
 * run, or the same message apart from names and numbers.
 */
import { runSpec } from "./run-spec.ts";
import type { Extras } from "./run-spec.ts";
import type { Finding, FuzzCase } from "./spec-run.ts";

/** A message without its names and numbers. */
const general = (text: string): string =>
  text
    .split("\n")
    .slice(0, 2)
    .join(" ")
    .replaceAll(/[A-Za-z_][\w.-]*[#~$][\w~$#]*/g, "NAME")
    .replaceAll(/\b\d[\d.e+-]*\b/g, "0")
    .slice(0, 160);

/**
 * Reduces the description of a result to a form such as `gradient of dense.weight`, without ordinals, blocks,
 * numbers and steps.
 */
const subject = (what: string): string =>
  what
    .replace(/,? ?((batch|step|after step) \d+|all rows|group)/g, "")
    .replace(/(?:[\w-]+\.)*?([a-zA-Z][a-zA-Z-]*?(?:[12]d)?)\d*\.(\w+)$/, "$1.$2")
    .trim();

/** The class of a failure; each class is reported once. */
export function classOf({ where, kind, text, differences }: Finding): string {
  const way = where.replace(/ (relaxed|simd)$/, " vectors");
  return kind === "error"
    ? `${way}: ${general(text)}`
    : `${way}: ${subject(differences?.[0]?.what ?? "bits")} differs`;
}

/** What must stay the same while the spec is shrunk: the failing run and, for an error, its message. */
function mannerOf(finding: Finding): string {
  return finding.kind === "error" ? classOf(finding) : finding.where.replace(/ (relaxed|simd)$/, " vectors");
}

/** The smallest set of extra runs in which this failure occurs. */
export function extrasFor({ where }: Finding): Extras {
  const [dtype] = where.split(" ");
  const stage = /without ([\w-]+)/.exec(where)?.[1];
  return {
    isThorough: true,
    dtypes: [dtype === "f64" ? "f64" : "f32"],
    ...(stage !== undefined && { stages: [stage], passes: [stage] }),
    exact: where.includes("exact"),
    plain: where.includes(" for ts"),
    threads: where.includes("two threads"),
    writes: where.includes("writes"),
  };
}

/** Whether the case fails in the same way as the finding. */
export async function failsAlike(fuzzCase: FuzzCase, finding: Finding): Promise<boolean> {
  const manner = mannerOf(finding);
  const { findings } = await runSpec(fuzzCase, extrasFor(finding));
  return findings.some((each) => each.kind === finding.kind && mannerOf(each) === manner);
}
