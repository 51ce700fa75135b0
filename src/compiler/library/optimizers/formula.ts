/** User-defined optimizers: lines that assign parameter and states, or a function in TypeScript. */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import type { Node } from "../../ir/nodes.ts";
import { isFloat } from "../../ir/types.ts";
import { showValue } from "../../util/message-text.ts";
import { defineOptimizer } from "../define.ts";
import type { StateShape, Update, UpdateParts } from "../define.ts";
import { BuildError } from "../build-error.ts";
import { buildFormula } from "../formula/build.ts";
import type { Value } from "../formula/functions.ts";
import { constantsKey, constantValues, functionKey, nameInFormula, treeOf } from "../formula/keys.ts";
import type { Constants } from "../formula/keys.ts";
import { stateName, statesOf } from "../formula/lines.ts";
import { parseLine } from "../formula/syntax.ts";
import { called, returnedLike } from "../user-function.ts";

/** `state` contains the values that the previous step returned. The spec's key `state` lists their names. */
export type OptimizerFunction = (
  g: GraphBuilder,
  parts: UpdateParts,
) => { readonly parameter: Node; readonly state?: Readonly<Record<string, Node>> };

interface OptimizerKeys {
  readonly formula: string | readonly string[] | OptimizerFunction;
  readonly constants: Constants;
  readonly state?: readonly string[];
}

const linesOf = (formula: string | readonly string[]): readonly string[] =>
  typeof formula === "string" ? [formula] : formula;

const stateNames = ({ formula, state = [] }: OptimizerKeys): readonly string[] =>
  typeof formula === "function" ? state : statesOf(linesOf(formula));

export const formula = defineOptimizer({
  name: "formula",
  about: 'lines such as "parameter = parameter - rate * gradient"',
  defaultRate: 0.001,
  keys: {
    formula: z
      .union([z.string(), z.array(z.string()).min(1), functionKey<OptimizerFunction>()])
      .describe(
        "Lines that assign parameter and state.NAME. They can read gradient, step (counted from 0) and rate.",
      ),
    constants: constantsKey,
    state: z
      .array(z.string())
      .optional()
      .describe(
        "For a function in TypeScript: the names of its states, which start at zero. Lines need no declaration.",
      ),
  },
  states: (keys) => Object.fromEntries(stateNames(keys).map((name): [string, StateShape] => [name, "like"])),
  refuse: ({ formula, state = [] }) => {
    if (typeof formula !== "function" && state.length > 0)
      return {
        key: "state",
        message:
          "applies only to a function; remove it, because lines declare their states by assigning them",
      };
    const wrong = state.find(
      (name) => !nameInFormula.test(name) || name in Object.prototype || name === "step",
    );
    if (wrong !== undefined)
      return {
        key: "state",
        message:
          wrong === "step"
            ? `cannot contain the name "step", which is reserved`
            : `contains ${showValue(wrong)}, which is not a valid name`,
      };
    const again = state.find((name, index) => state.indexOf(name) < index);
    return again === undefined ? undefined : { key: "state", message: `contains ${showValue(again)} twice` };
  },
  update: (g, parts, keys) => {
    const { formula } = keys;
    return typeof formula === "function"
      ? updateByFunction(g, parts, formula)
      : updateByLines(g, parts, linesOf(formula), keys.constants);
  },
});

function updateByLines(
  g: GraphBuilder,
  parts: UpdateParts,
  lines: readonly string[],
  constants: Constants,
): Update {
  const { parameter, gradient, step, rate, state } = parts;
  const { element, shape } = parameter.type;
  const float = isFloat(element) ? element : g.float;
  const names = new Map<string, Value>([
    ...Object.entries({ parameter, gradient, step, rate }),
    ...Object.entries(state).map(([name, node]) => [`state.${name}`, node] as const),
    ...constantValues(constants),
  ]);
  // The number of parameters is fixed, so the mean divides by a constant.
  const total = (kind: "sum" | "mean", x: Node): Node => {
    const sum = g.reduceSum(g.broadcastTo(x, shape), { axes: [0] });
    return kind === "sum" ? sum : g.divide(sum, Number(shape[0]));
  };
  for (const text of lines) {
    const { name, value } = treeOf(text, parseLine(text));
    const built = buildFormula(g, value, { text, names, element: "f64", total });
    const isKept = name === "parameter" || name === "gradient" || stateName(name) !== undefined;
    const fitted = isKept ? returnedLike(g, "a line", built, shape, float) : built;
    names.set(
      name,
      typeof fitted === "number" || fitted.op === "state" ? fitted : g.named(named(name), fitted),
    );
  }
  const last = (name: string): Node => returnedLike(g, "a line", names.get(name), shape, float);
  const next = Object.keys(state).map((name) => [name, last(`state.${name}`)] as const);
  return { parameter: last("parameter"), state: Object.fromEntries(next) };
}

/** The name of the value of a line in emitted code. */
const named = (name: string): string => `next_${stateName(name) ?? name}`;

function updateByFunction(g: GraphBuilder, parts: UpdateParts, formula: OptimizerFunction): Update {
  const { element, shape } = parts.parameter.type;
  const float = isFloat(element) ? element : g.float;
  const what = "the optimizer function";
  const result = called(what, () => formula(g, parts));
  if (typeof result !== "object" || result === null || !("parameter" in result))
    throw new BuildError("T1608", `${what} must return { parameter, state }, got ${showValue(result)}`);
  const like = (part: string, value: unknown) => returnedLike(g, `${part} of ${what}`, value, shape, float);
  const given: object =
    "state" in result && typeof result.state === "object" && result.state !== null ? result.state : {};
  for (const name of Object.keys(given))
    if (!Object.hasOwn(parts.state, name))
      throw new BuildError(
        "T1608",
        `${what} returns the state ${showValue(name)}, which the key "state" does not contain`,
      );
  const next = Object.keys(parts.state).map((name): [string, Node] => {
    const value: unknown = Object.getOwnPropertyDescriptor(given, name)?.value;
    if (value === undefined)
      throw new BuildError(
        "T1608",
        `${what} must return the state ${showValue(name)}, which the key "state" contains`,
      );
    return [name, like(`state.${name}`, value)];
  });
  return { parameter: like("parameter", result.parameter), state: Object.fromEntries(next) };
}
