// What the contract has and this version does not: each gap is told by name, so that nobody takes it for a misspelling, and
// nothing that is written in a spec is silently ignored.
import type { SpecPath } from "../diagnostics/diagnostic.ts";

interface Gap {
  readonly message: string;
  readonly hint: string;
}

const gap = (what: string, needs: string, now: string): Gap => ({
  message: `known gap: ${what} arrives with ${needs}`,
  hint: `for now, ${now}`,
});

/** Keys and names of the contract that are not there yet. Paths are written without list indices. */
const gaps: Readonly<Record<string, Gap>> = {};

/** The gap at a path of the spec. */
export function knownGap(path: SpecPath): Gap | undefined {
  const steps = path.filter((step) => typeof step === "string");
  const key = steps.join(".");
  return Object.hasOwn(gaps, key) ? gaps[key] : undefined;
}
