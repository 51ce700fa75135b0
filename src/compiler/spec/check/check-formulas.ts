// Checks all formulas of a spec: each must be parsable and may use only known names. Shapes are checked
// later, when the graph is built.
import type { Collector } from "../../diagnostics/errors.ts";
import { formatPath } from "../../diagnostics/diagnostic.ts";
import type { SpecPath } from "../../diagnostics/diagnostic.ts";
import { activationContext } from "../../library/activations/index.ts";
import { checkFormula, partsOf } from "../../library/formula/check.ts";
import type { FormulaContext } from "../../library/formula/check.ts";
import type { Constants } from "../../library/formula/keys.ts";
import { nameInFormula } from "../../library/formula/keys.ts";
import { checkLines } from "../../library/formula/lines.ts";
import { measureContext } from "../../library/formula/measure.ts";
import { parseFormula } from "../../library/formula/syntax.ts";
import type { Expression } from "../../library/formula/syntax.ts";
import { scheduleContext } from "../../library/schedules/index.ts";
import { showValue } from "../../util/message-text.ts";
import { reportFormulaError } from "../formula-diagnostic.ts";
import { keysOf, listOf, member, textOf } from "../raw-spec.ts";
import { writtenLosses } from "../written-losses.ts";

/** Reports the errors of each formula (T1601 to T1606), each at its location in the text. */
export function checkFormulas(spec: unknown, problems: Collector): void {
  checkActivations(member(spec, "network"), ["network"], problems, new Set());
  const inputs = keysOf(member(spec, "inputs"));
  for (const { target, path, loss, metrics } of writtenLosses(spec)) {
    const measure = (what: string) => (constants: Constants) =>
      measureContext(what, target, inputs, constants);
    checkAt(loss, [...path, "loss"], measure("a loss"), problems);
    metrics.forEach((metric, index) =>
      checkAt(metric, [...path, "metrics", index], measure("a metric"), problems),
    );
  }
  const optimizer = member(spec, "optimizer");
  checkAt(member(optimizer, "learningRate"), ["optimizer", "learningRate"], scheduleContext, problems);
  checkOptimizer(optimizer, problems);
}

/**
 * The inputs that the loss and the metrics read: the inputs that their formulas name, and the sample weights.
 * A function may read any input, so it counts as reading all of them.
 */
export function readByMeasures(spec: unknown): readonly string[] {
  const inputs = keysOf(member(spec, "inputs"));
  const losses = writtenLosses(spec);
  const measures = losses.flatMap(({ loss, metrics }) => [loss, ...metrics]);
  const weights = losses.map((each) => member(each.weights.of, "sampleWeights"));
  const weightInputs = inputs.filter((name) => weights.includes(name));
  const named = measures.flatMap((measure) => {
    if (typeof measure === "function" || typeof member(measure, "formula") === "function") return inputs;
    const parsed = parseFormula(textOf(member(measure, "formula")) ?? "");
    const names = "tree" in parsed ? namesIn(parsed.tree) : [];
    return inputs.filter((name) => names.includes(name));
  });
  return [...weightInputs, ...named];
}

const namesIn = (x: Expression): readonly string[] =>
  x.kind === "name" ? [x.name] : partsOf(x).flatMap(namesIn);

// An earlier check reports nesting that is too deep. This limit only ensures that the recursion ends.
const deepest = 50;

/**
 * Checks the formulas of activations, including those inside blocks. A network contains no other formulas.
 * `path` has one step per level.
 */
function checkActivations(value: unknown, path: SpecPath, problems: Collector, seen: Set<unknown>): void {
  if (typeof value !== "object" || value === null || path.length > deepest || seen.has(value)) return;
  seen.add(value);
  if (textOf(member(value, "formula")) !== undefined)
    return checkAt(value, path, activationContext, problems);
  const steps = Array.isArray(value) ? value.keys() : keysOf(value);
  for (const step of steps) checkActivations(member(value, step), [...path, step], problems, seen);
}

function checkAt(
  owner: unknown,
  path: SpecPath,
  contextOf: (constants: Constants) => FormulaContext,
  problems: Collector,
): void {
  const text = textOf(member(owner, "formula"));
  if (text === undefined) return;
  const constants = constantsAt(owner, path, contextOf({}).names, problems);
  const parsed = parseFormula(text);
  const context = contextOf(constants);
  const errors = "error" in parsed ? [parsed.error] : checkFormula(parsed.tree, context).errors;
  for (const error of errors) reportFormulaError(problems, [...path, "formula"], text, error);
}

function checkOptimizer(optimizer: unknown, problems: Collector): void {
  const path: SpecPath = ["optimizer", "formula"];
  const formula = member(optimizer, "formula");
  const single = textOf(formula);
  const lines = single === undefined ? listOf(formula) : [single];
  const texts = lines.flatMap((line) => textOf(line) ?? []);
  if (texts.length === 0 || texts.length < lines.length) return;
  const reserved = new Map(["parameter", "gradient", "step", "rate", "state"].map((name) => [name, true]));
  const constants = constantsAt(optimizer, ["optimizer"], reserved, problems);
  for (const { line, error } of checkLines(texts, constants)) {
    const isWhole = line === undefined || single !== undefined;
    reportFormulaError(problems, isWhole ? path : [...path, line], texts[line ?? 0], error);
  }
}

/** The constants that a formula may use. Reports constants whose names a formula cannot use. */
function constantsAt(
  owner: unknown,
  path: SpecPath,
  taken: ReadonlyMap<string, unknown>,
  problems: Collector,
): Constants {
  const constants = member(owner, "constants");
  const entries = keysOf(constants).map((name) => [name, member(constants, name)] as const);
  for (const [name] of entries) {
    const whole = [...path, "constants", name];
    const owned = formatPath([...path, "constants"]);
    if (!nameInFormula.test(name) || name in Object.prototype) {
      const message = `${owned}: ${showValue(name)} cannot be the name of a constant in a formula`;
      const hint = "start with a letter, followed by letters, digits or underscores";
      problems.error(whole, "T1301", message, { at: "key", hint });
    } else if (taken.has(name)) {
      const message = `${owned}: ${showValue(name)} is already a name in this formula`;
      problems.error(whole, "T1302", message, { at: "key", hint: "rename the constant" });
    }
  }
  const numbers = entries.filter((entry): entry is [string, number] => typeof entry[1] === "number");
  const kept = entries.map(([name]): [string, number] => [
    name,
    numbers.find(([each]) => each === name)?.[1] ?? 0,
  ]);
  return Object.fromEntries(kept.filter(([name]) => !taken.has(name)));
}
