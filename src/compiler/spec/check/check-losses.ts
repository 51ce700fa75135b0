/**
 * Checks that each target has exactly one loss: `loss` for the only target, or an entry of `losses` for each
 * target.
 */
import type { DiagnosticCode } from "../../diagnostics/codes.ts";
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { losses as lossTable } from "../../library/losses/index.ts";
import { didYouMean, showNames, showValue } from "../../util/message-text.ts";
import { keysOf, member } from "../raw-spec.ts";
import { hasLosses, writtenFigures } from "../written-losses.ts";

/**
 * Reports a spec without a loss (T1102), `losses` combined with keys for one target (T1208), and losses that do not
 * match the targets (T1405).
 */
export function checkLosses(spec: unknown, problems: Collector): void {
  const targets = keysOf(member(spec, "targets"));
  if (!hasLosses(spec)) {
    checkLoss(spec, targets, problems);
    return;
  }
  checkExclusive(spec, problems);
  const losses = member(spec, "losses");
  if (typeof losses !== "object" || losses === null || Array.isArray(losses)) return;
  checkEntries(losses, targets, problems);
  const weights = keysOf(losses).map((target) => member(member(losses, target), "weight"));
  if (weights.length > 0 && weights.every((weight) => weight === 0))
    problems.error(["losses"], "T1405", "losses: all weights are 0, so the model would learn nothing", {
      at: "key",
      hint: "give at least one loss a weight above 0; 1 is the default",
    });
}

const example = (targets: readonly string[]): string =>
  `"losses": { ${targets
    .slice(0, 3)
    .map((target) => `${showValue(target)}: { "loss": …, "from": … }`)
    .join(", ")}${targets.length > 3 ? ", …" : ""} }`;

/** Checks a spec without `losses`, which needs `loss` and has one target. */
function checkLoss(spec: unknown, targets: readonly string[], problems: Collector): void {
  const isGiven = member(spec, "loss") !== undefined;
  if (targets.length > 1) {
    const message = isGiven
      ? `loss is for one target, but the spec has ${targets.length} targets; each needs a loss`
      : `losses is missing: each of the ${targets.length} targets needs a loss`;
    problems.error(isGiven ? ["loss"] : ["losses"], isGiven ? "T1405" : "T1102", message, {
      hint: `replace loss, output and metrics with ${example(targets)}`,
    });
  } else if (!isGiven)
    problems.error(["loss"], "T1102", "loss is missing", {
      hint: `choose one of ${Object.keys(lossTable).join(", ")}`,
    });
}

/** The keys for a single target, and what to write instead. */
const ofOneTarget: readonly (readonly [path: SpecPath, instead: string])[] = [
  [["loss"], "remove it: the loss of each target is losses.TARGET.loss"],
  [["output"], "remove it: losses.TARGET.from names the layer that predicts the target"],
  [["metrics"], "move the metrics of each target to losses.TARGET.metrics"],
  [["training", "classWeights"], "move it to losses.TARGET.classWeights"],
  [["training", "sampleWeights"], "move it to losses.TARGET.sampleWeights"],
];

function checkExclusive(spec: unknown, problems: Collector): void {
  for (const [path, hint] of ofOneTarget) {
    const value = path.reduce<unknown>(member, spec);
    if (value === undefined) continue;
    const message = `${formatPath(path)} cannot be combined with losses, which replaces it`;
    problems.error(path, "T1208", message, { at: "key", hint });
  }
}

/** Checks that each target has an entry, and that each entry has a target. */
function checkEntries(losses: object, targets: readonly string[], problems: Collector): void {
  const entries = keysOf(losses);
  const report = (path: SpecPath, code: DiagnosticCode, message: string, hint: string | undefined) =>
    problems.error(path, code, message, { at: "key", hint });
  const meant = new Set<string | undefined>();
  for (const name of entries.filter((entry) => !targets.includes(entry))) {
    const path = ["losses", name];
    const similar = didYouMean(name, targets);
    meant.add(similar);
    const known = targets.length === 0 ? undefined : `targets of this spec: ${showNames(targets)}`;
    const hint = similar ? `did you mean ${showValue(similar)}?` : known;
    report(path, "T1405", `${formatPath(path)} is not one of the targets`, hint);
  }
  for (const name of targets.filter((target) => !entries.includes(target) && !meant.has(target))) {
    const hint = `add ${showValue(name)}: { "loss": …, "from": … }, or remove the target`;
    report(["losses"], "T1405", `losses has no entry for the target ${name}`, hint);
  }
}

/** Reports an unknown name of a loss or metric (T1303). */
export function checkFigure(spec: unknown, path: SpecPath, name: string, problems: Collector): void {
  const figures = writtenFigures(spec);
  if (figures.includes(name)) return;
  const targets = hasLosses(spec) ? keysOf(member(spec, "targets")) : [];
  const entries = keysOf(member(spec, "losses"));
  const isOf = (target: string): boolean => name.startsWith(`${target}.`);
  // The metrics of a target without an entry in `losses` are not known, and checkEntries reports the entry.
  if (targets.some((target) => isOf(target) && !entries.includes(target))) return;
  const unknown = entries.filter((entry) => !targets.includes(entry));
  const known = figures.filter((figure) => !unknown.some((entry) => figure.startsWith(`${entry}.`)));
  // "accuracy" may be the accuracy of one of several targets.
  const ofTarget = known.find((figure) => figure.endsWith(`.${name}`));
  const similar = ofTarget ?? didYouMean(name.replace(/^val_/, ""), known);
  const others = hasLosses(spec)
    ? `use one of ${showNames(known)}`
    : 'use "loss" or the name of a metric of this spec';
  const hint = similar ? `did you mean ${showValue(similar)}?` : others;
  const message = `${formatPath(path)}: ${showValue(name)} is not a metric of this spec`;
  problems.error(path, "T1303", message, { hint });
}
