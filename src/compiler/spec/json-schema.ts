/**
 * The JSON Schema of specs, which is derived from the schema that validates them, and descriptions of its
 * rules for messages.
 */
import * as z from "zod";
import type { SpecPath } from "../diagnostics/diagnostic.ts";
import { modelSchema } from "./schema.ts";

// Reads the JSON Schema: finds the part for a path, and describes its rule in words.

/** The largest number of names that a message lists in a sentence. */
export const mostListed = 6;

export type SchemaNode = z.core.JSONSchema.JSONSchema;

/**
 * The part of the schema for the value at the path. If a value may have several forms, this is the form that
 * the value has.
 */
export function nodeAtPath(schema: SchemaNode, path: SpecPath, spec: unknown): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  let value = spec;
  for (const step of path) {
    const form: SchemaNode | undefined = node && formOf(node, value);
    node = form && referred(schema, memberOf(form, step));
    value = own(value, step);
  }
  return node;
}

/** Resolves `{ "$ref": "#/$defs/layer" }`. Layers contain layers, so their schema is a named definition. */
function referred(schema: SchemaNode, node: SchemaNode | undefined): SchemaNode | undefined {
  const name = node?.$ref?.match(/^#\/\$defs\/(.*)$/)?.[1];
  return name === undefined ? node : schema.$defs?.[name];
}

/** The form, possibly nested, that fits the value's JSON type and, for objects, its `type` or `fn`. */
function formOf(node: SchemaNode, value: unknown): SchemaNode | undefined {
  const forms = alternatives(node);
  if (forms.length === 1) return forms[0];
  const fitting = forms.filter((form) => fits(form, value));
  return fitting.find((form) => tagsMatch(form, value)) ?? fitting[0];
}

/** Whether the value has the JSON type of the form. */
const fits = (form: SchemaNode, value: unknown): boolean =>
  form.type === jsonType(value) || (form.type === "integer" && typeof value === "number");

/** Whether every tag of the form, which is a property with a constant value, has that value in `value`. */
function tagsMatch(form: SchemaNode, value: unknown): boolean {
  return Object.entries(form.properties ?? {}).every(
    ([key, member]) =>
      typeof member !== "object" || member.const === undefined || member.const === own(value, key),
  );
}

function memberOf(form: SchemaNode, step: string | number): SchemaNode | undefined {
  const { properties = {}, items, additionalProperties } = form;
  const member =
    typeof step === "number"
      ? (form.prefixItems?.[step] ?? items)
      : Object.hasOwn(properties, step)
        ? properties[step]
        : additionalProperties;
  return typeof member === "object" && !Array.isArray(member) ? member : undefined;
}

function alternatives(node: SchemaNode): SchemaNode[] {
  const forms = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].filter((form) => typeof form === "object");
  return forms.length === 0 ? [node] : forms.flatMap(alternatives);
}

/**
 * `own`: the keys of the form that the value has. `others`: keys that occur only in other forms. Forms that a
 * tag such as `type` identifies do not count.
 */
export function keysOf(node: SchemaNode, value: unknown): { own: string[]; others: string[] } {
  const form = formOf(node, value);
  const own = Object.keys(form?.properties ?? {});
  const untagged = alternatives(node).filter(({ properties = {} }) => !Object.values(properties).some(isTag));
  const all = untagged.flatMap(({ properties = {} }) => Object.keys(properties));
  return { own, others: all.filter((key) => !own.includes(key)) };
}

/** The keys that all forms with a `type` have, besides the type. */
export function sharedKeysOf(node: SchemaNode): string[] {
  const forms = alternatives(node).filter(({ properties = {} }) => isTag(properties.type));
  const [first = {}] = forms.map(({ properties = {} }) => properties);
  return Object.keys(first).filter(
    (key) => key !== "type" && forms.every(({ properties = {} }) => Object.hasOwn(properties, key)),
  );
}

/** The keys that select one of the node's forms, such as `type` and `fn`. */
export function tagKeysOf(node: SchemaNode): string[] {
  const members = alternatives(node).flatMap(({ properties = {} }) => Object.entries(properties));
  return [...new Set(members.flatMap(([key, member]) => (isTag(member) ? [key] : [])))];
}

/** A tag is the name of a form. A key whose only value is `true` is not a tag. */
const isTag = (member: SchemaNode | boolean | undefined): boolean =>
  typeof member === "object" && typeof member.const === "string";

/** The names that the key `tag` can have. */
export function namesOf(node: SchemaNode, tag: string): string[] {
  const names = alternatives(node).flatMap((form) => {
    const member = form.properties?.[tag];
    if (typeof member !== "object") return form.type === "string" ? (form.enum ?? [form.const]) : [];
    return member.enum ?? [member.const];
  });
  return [...new Set(names.filter((name) => typeof name === "string"))];
}

/** The form whose key `tag` has this name, if there is one. Its description is that of the name. */
export const formNamed = (node: SchemaNode, tag: string, name: string): SchemaNode | undefined =>
  alternatives(node).find(({ properties = {} }) => {
    const member = properties[tag];
    return typeof member === "object" && member.const === name;
  });

/**
 * For an object that needs no other key, the first key that can have this number: `fraction` for a split of
 * 0.2, `patience` for early stopping.
 */
export function keyOfNumber(node: SchemaNode, value: number): string | undefined {
  const members = alternatives(node).flatMap(({ properties = {}, required = [] }) =>
    Object.entries(properties).filter(([key]) => required.every((other) => other === key)),
  );
  return members.find(([, member]) => typeof member === "object" && accepts(member, value))?.[0];
}

/**
 * For an object without a tag, the required key that can have this name, and the other required keys: `loss`
 * and `from` for an entry of `losses`.
 */
export function keyOfName(
  node: SchemaNode,
  name: string,
): { readonly key: string; readonly others: readonly string[] } | undefined {
  for (const { properties = {}, required = [] } of alternatives(node)) {
    if (Object.values(properties).some(isTag)) continue;
    const key = required.find((each) => {
      const member = properties[each];
      return typeof member === "object" && namesOf(member, "type").includes(name);
    });
    if (key !== undefined) return { key, others: required.filter((each) => each !== key) };
  }
  return undefined;
}

/** Whether the value may only be a list. */
export const isList = (node: SchemaNode): boolean => alternatives(node).every(({ type }) => type === "array");

/** Whether a form of the node may have this value. For objects and lists, only the type is compared. */
export const allows = (node: SchemaNode, value: unknown): boolean =>
  alternatives(node).some((form) => {
    if (typeof value === "number") return accepts(form, value);
    if (form.type !== jsonType(value)) return false;
    if (form.const !== undefined) return form.const === value;
    return form.enum === undefined || (typeof value === "string" && form.enum.includes(value));
  });

/** Whether a form of the node is a number. */
export const hasNumbers = (node: SchemaNode): boolean =>
  alternatives(node).some(({ type }) => type === "number" || type === "integer");

const accepts = (form: SchemaNode, value: number): boolean =>
  (form.type === "number" || (form.type === "integer" && Number.isInteger(value))) &&
  value >= (form.minimum ?? -Infinity) &&
  value <= (form.maximum ?? Infinity) &&
  value > Number(form.exclusiveMinimum ?? -Infinity) &&
  value < Number(form.exclusiveMaximum ?? Infinity);

/**
 * The rule for a value, as the end of a sentence with "must be": "a positive integer", "true or false".
 * `kind` describes a value that selects one of several names, such as "the name of a layer". If the value has
 * the JSON type of one form, only that form is described.
 */
export function mustBe(node: SchemaNode, kind: string, value?: unknown): string {
  const forms = alternatives(node);
  const named = forms.some(({ properties = {} }) => Object.values(properties).some(isTag));
  const fitting = forms.filter((form) => fits(form, value));
  const phrases = (fitting.length > 0 ? fitting : forms).map((form) => {
    const isName = form.type === "string" && form.enum !== undefined;
    return named && (isName || form.type === "object") ? kind : phraseOf(form, value);
  });
  return [...new Set(phrases)].join(" or ");
}

function phraseOf(form: SchemaNode, value: unknown): string {
  if (form.const !== undefined) return JSON.stringify(form.const);
  if (form.enum)
    return form.enum.length > mostListed ? "a name" : oneOf(form.enum.map((name) => JSON.stringify(name)));
  switch (form.type) {
    case "boolean":
      return "true or false";
    case "integer":
    case "number":
      return numberPhrase(form, form.type === "integer" ? "integer" : "number", value);
    case "string":
      return form.minLength ? "a non-empty string" : "a string";
    case "array":
      if (form.prefixItems !== undefined) return `a list of ${form.prefixItems.length} values`;
      return form.minItems ? "a non-empty list" : "a list";
    case "object":
      return "an object";
    default:
      return "a different value";
  }
}

/** "a positive integer", "a number in [0, 1)", "an integer from 0 to 255", "a number of at least 0". */
function numberPhrase(form: SchemaNode, noun: "integer" | "number", value: unknown): string {
  const article = noun === "integer" ? "an" : "a";
  const limit = Number.MAX_SAFE_INTEGER;
  const low = form.exclusiveMinimum ?? (form.minimum === -limit ? undefined : form.minimum);
  const high = form.exclusiveMaximum ?? (form.maximum === limit ? undefined : form.maximum);
  const positive = form.exclusiveMinimum === 0 || (noun === "integer" && form.minimum === 1);
  if (low === undefined && high === undefined) return noun === "integer" ? "an integer" : "a finite number";
  if (high === undefined && noun === "integer" && typeof value === "number" && value > limit)
    return `${positive ? "a positive integer" : "an integer"} below 2^53`;
  if (high === undefined) return positive ? `a positive ${noun}` : `${article} ${noun} of at least ${low}`;
  if (low === undefined) return `${article} ${noun} of at most ${high}`;
  if (noun === "integer") return `an integer from ${form.exclusiveMinimum === 0 ? 1 : low} to ${high}`;
  const open = form.exclusiveMinimum === undefined ? "[" : "(";
  const close = form.exclusiveMaximum === undefined ? "]" : ")";
  return `a number in ${open}${low}, ${high}${close}`;
}

function oneOf(names: readonly string[]): string {
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} or ${names.at(-1)}`;
}

function jsonType(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return value === null ? "null" : typeof value;
}

function own(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

// The JSON Schema for editors.

/** Schemas that are already built. Building one takes longer than all else in the analysis of a wrong spec. */
const built = new WeakMap<typeof modelSchema, SchemaNode>();

/**
 * The schema of specs as users write them (JSON Schema, draft 2020-12): short forms are allowed, and keys
 * with defaults are optional.
 */
export function specSchema(): SchemaNode {
  const known = built.get(modelSchema);
  if (known !== undefined) return known;
  const schema = possible(
    z.toJSONSchema(modelSchema, { io: "input", reused: "inline", unrepresentable: "any" }),
  );
  built.set(modelSchema, schema);
  return schema;
}

/** Removes the forms that JSON cannot express: functions, and objects that require a function. */
function possible(node: SchemaNode): SchemaNode {
  const entries = Object.entries(node).map(([key, value]): [string, unknown] => {
    if (key === "anyOf" || key === "oneOf")
      return [
        key,
        forms(value)
          .map(possible)
          .filter((form) => !isImpossible(form)),
      ];
    if (key === "properties" || key === "$defs") return [key, mapped(value)];
    if ((key === "items" || key === "additionalProperties") && isNode(value)) return [key, possible(value)];
    return [key, value];
  });
  const { anyOf, ...rest } = Object.fromEntries(entries);
  if (!Array.isArray(anyOf)) return { ...rest };
  // If the choice was between a string and a function, only the string remains.
  const [only, another]: readonly SchemaNode[] = anyOf;
  return another === undefined ? { ...only, ...rest } : { ...rest, anyOf };
}

const isNode = (value: unknown): value is SchemaNode =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const forms = (value: unknown): readonly SchemaNode[] => (Array.isArray(value) ? value.filter(isNode) : []);

const mapped = (properties: unknown): object =>
  Object.fromEntries(
    Object.entries(isNode(properties) ? properties : {}).map(([key, value]) => [
      key,
      isNode(value) ? possible(value) : value,
    ]),
  );

const isImpossible = ({ not, required = [], properties = {} }: SchemaNode): boolean =>
  (isNode(not) && Object.keys(not).length === 0) ||
  required.some((key) => {
    const member = properties[key];
    return isNode(member) && isImpossible(member);
  });
