/** Generates the spec reference from the JSON Schema of specs. */
import { mustBe, specSchema, type SchemaNode } from "../../compiler/spec/json-schema.ts";
import { code, prose, table } from "./markdown.ts";

const schema = specSchema();

/** Keys whose value is a name or an object with a name, and what the name selects. */
const kinds: Readonly<Record<string, string>> = {
  activation: "an activation",
  fn: "an activation",
  init: "an initialiser",
  biasInit: "an initialiser",
  recurrentInit: "an initialiser",
  learningRate: "a schedule",
  loss: "a loss",
  optimizer: "an optimizer",
  layer: "a recurrent layer",
};

/** The table of an object's keys. `path` lists keys from the root, with `*` for any name; "." is the root. */
export function keysTable(path: string): string {
  const { properties = {}, required = [] } = objectOf(nodeAt(path));
  return table(
    ["key", "value", "default", "description"],
    Object.entries(properties).map(([key, value]) => keyRow(key, asNode(value), required)),
  );
}

/** The table of the keys that all variants at a path have. */
export function commonTable(path: string): string {
  const variants = variantsAt(path);
  const [{ properties = {}, required = [] }] = variants;
  return table(
    ["key", "value", "default", "description"],
    [...commonKeys(variants)].map((key) => keyRow(key, asNode(properties[key]), required)),
  );
}

/**
 * A table of the variants at a path, such as "loss" or "network.*", with the name, description and keys of
 * each.
 */
export function choiceTable(path: string): string {
  const variants = variantsAt(path);
  const common = commonKeys(variants);
  const [first] = variants;
  // A variant that replaces a common key, such as `from`, describes it itself.
  const isCommon = (key: string, value: unknown) =>
    common.has(key) && JSON.stringify(value) === JSON.stringify(first.properties?.[key]);
  const rows = variants.map(({ properties = {}, required = [], description = "" }) => {
    const keys = Object.entries(properties).filter(
      ([key, value]) => key !== tagKeyOf(properties) && !isCommon(key, value),
    );
    const items = keys.map(([key, value]) => {
      const [name, type, end, text] = keyRow(key, asNode(value), required);
      return `${name} (${[type, end].filter(Boolean).join("; ")}): ${text}`;
    });
    return [code(String(tagOf(properties))), prose(description), items.join("<br>")];
  });
  return table(["type", "description", "keys"], rows);
}

function keyRow(key: string, node: SchemaNode, required: readonly string[]): string[] {
  const end =
    node.default === undefined
      ? required.includes(key) && "required"
      : `default ${code(JSON.stringify(node.default))}`;
  return [code(key), valueText(key, node), end || "", prose(node.description ?? "")];
}

/** Keys that all variants have are described once, in the text of the page. */
function commonKeys(variants: readonly SchemaNode[]): ReadonlySet<string> {
  const [first, ...rest] = variants.map(({ properties = {} }) => Object.keys(properties));
  const tag = tagKeyOf(variants[0].properties ?? {});
  return new Set(first.filter((key) => key !== tag && rest.every((keys) => keys.includes(key))));
}

/** The key that selects a variant. */
const tagKeyOf = (properties: Readonly<Record<string, unknown>>): string =>
  "type" in properties ? "type" : "fn";

function tagOf(properties: Readonly<Record<string, unknown>>): unknown {
  return asNode(properties[tagKeyOf(properties)] ?? {}).const;
}

function valueText(key: string, node: SchemaNode): string {
  const kind = kinds[key];
  const isMap = node.type === "object" && typeof node.additionalProperties === "object";
  if (isMap) return "an object";
  return mustBe(node, kind ?? "a name or an object with `type`").replaceAll(/"([^"]*)"/g, "`$1`");
}

/** The object form of a value, or the value itself if it has no such form. */
function objectOf(node: SchemaNode): SchemaNode {
  return alternatives(node).find(({ properties }) => properties !== undefined) ?? node;
}

const nodeAt = (path: string): SchemaNode =>
  path === "." ? schema : path.split(".").reduce(memberOf, schema);

const variantsAt = (path: string): SchemaNode[] =>
  alternatives(nodeAt(path)).filter(({ properties = {} }) => tagOf(properties) !== undefined);

function memberOf(node: SchemaNode, step: string): SchemaNode {
  const { items, additionalProperties, properties = {} } = step === "*" ? node : objectOf(node);
  return resolved(asNode(step === "*" ? (items ?? additionalProperties) : properties[step]));
}

function resolved(node: SchemaNode): SchemaNode {
  const name = node.$ref?.match(/^#\/\$defs\/(.*)$/)?.[1];
  return name === undefined ? node : asNode(schema.$defs?.[name]);
}

function alternatives(node: SchemaNode): SchemaNode[] {
  const forms = [...(node.anyOf ?? []), ...(node.oneOf ?? [])].filter((form) => typeof form === "object");
  return forms.length === 0 ? [node] : forms.flatMap(alternatives);
}

function asNode(value: unknown): SchemaNode {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw new Error("the schema has no such member");
  return { ...value };
}
