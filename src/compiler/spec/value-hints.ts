/**
 * Hints about values of the wrong type or range: the value that was probably meant, as it would be written in
 * the spec. Each rule returns undefined if it does not apply.
 */
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { showValue } from "../util/message-text.ts";
import { allows, isList, keyOfName, keyOfNumber } from "./json-schema.ts";
import type { SchemaNode } from "./json-schema.ts";

/** A value that the schema rejects. */
export interface RejectedValue {
  readonly path: SpecPath;
  readonly value: unknown;
  /** The list or object that contains the value. */
  readonly owner: unknown;
  /** The schema of the value. */
  readonly node: SchemaNode;
  /** The schema of an element, if the value should be a list. */
  readonly element: SchemaNode | undefined;
}

type Rule = (rejected: RejectedValue) => string | undefined;

/** The hint of the first rule that applies. */
export function hintAboutValue(rejected: RejectedValue): string | undefined {
  for (const rule of rules) {
    const hint = rule(rejected);
    if (hint !== undefined) return hint;
  }
  return undefined;
}

/** A number as JSON writes it. */
const numberPattern = /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/;

/** Whether the value is a number in quotes. */
export const isQuotedNumber = (value: unknown): value is string =>
  typeof value === "string" && numberPattern.test(value);

/** `"16"` for 16, and `"true"` for true. */
const quotes: Rule = ({ value, node }) => {
  const meant = isQuotedNumber(value)
    ? Number(value)
    : value === "true" || (value === "false" ? false : value);
  return typeof meant !== "string" && typeof value === "string" && allows(node, meant)
    ? `remove the quotes: ${value}`
    : undefined;
};

/** `[null, 4]` for the shape [4], as in Keras, where the first axis is the batch. */
const batchAxis: Rule = ({ path, value, owner }) => {
  const [section, , key, index] = path;
  const isFirst = (section === "inputs" || section === "targets") && key === "shape" && index === 0;
  const isAnySize = value === null || value === -1 || typeof value === "string";
  if (!isFirst || !isAnySize || isQuotedNumber(value) || !Array.isArray(owner)) return undefined;
  const rest: readonly unknown[] = owner.slice(1);
  return rest.every((size) => typeof size === "number" && size > 0)
    ? `leave out the batch axis: [${rest.join(", ")}]`
    : undefined;
};

/** A list of class names for the number of classes. */
const classNames: Rule = ({ path, value }) =>
  path[0] === "targets" && path[2] === "classes" && Array.isArray(value) && value.length > 1
    ? `write ${value.length}; the names come from the column`
    : undefined;

/** `"accuracy"` for `["accuracy"]`. */
const single: Rule = ({ value, node, element }) => {
  if (!isList(node) || element === undefined || !allows(element, value)) return undefined;
  return `write [${typeof value === "object" ? "{ … }" : showValue(value)}]`;
};

/** The keys whose values are fractions. */
const fractions = ["fraction", "last", "rate"];

/** A percentage for a fraction. */
const percentage: Rule = ({ path, value, node }) =>
  typeof value === "number" &&
  value >= 2 &&
  fractions.includes(String(path.at(-1))) &&
  allows(node, value / 100)
    ? `a fraction is between 0 and 1: ${value / 100}`
    : undefined;

/** `20` for `{ "patience": 20 }`. */
const numberOfObject: Rule = ({ value, node }) => {
  const key = typeof value === "number" ? keyOfNumber(node, value) : undefined;
  return key && `write { ${showValue(key)}: ${showValue(value)} }`;
};

/** `"mse"` for `{ "loss": "mse", "from": … }`. */
const nameOfObject: Rule = ({ value, node }) => {
  const found = typeof value === "string" ? keyOfName(node, value) : undefined;
  if (found === undefined) return undefined;
  const others = found.others.map((key) => `, ${showValue(key)}: …`);
  return `write { ${showValue(found.key)}: ${showValue(value)}${others.join("")} }`;
};

/** A column, or a list of columns, for `{ "columns": ["age"] }` in `data.inputs` and `data.targets`. */
const columns: Rule = ({ path, value }) => {
  const [section, side] = path;
  const isField = path.length === 3 && section === "data" && (side === "inputs" || side === "targets");
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  return isField && names.every((name) => typeof name === "string")
    ? `write { "columns": [${names.map(showValue).join(", ")}] }`
    : undefined;
};

const rules: readonly Rule[] = [
  quotes,
  batchAxis,
  classNames,
  single,
  percentage,
  numberOfObject,
  nameOfObject,
  columns,
];
