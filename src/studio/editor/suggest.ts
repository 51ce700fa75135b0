/**
 * Completions and descriptions for a location in a spec. Both come from the schema that validates specs, so
 * the editor and the compiler always agree.
 */
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import {
  formNamed,
  keysOf,
  mustBe,
  namesOf,
  nodeAtPath,
  tagKeysOf,
} from "../../compiler/spec/json-schema.ts";
import type { SchemaNode } from "../../compiler/spec/json-schema.ts";

/** A location in a spec. The spec may be incomplete. */
export interface LocationInSpec {
  /** For a key, the path of the object that contains it; for a value, the path of the value. */
  readonly path: SpecPath;
  readonly at: "key" | "value";
  /** The whole spec, as far as it can be parsed. */
  readonly spec: unknown;
}

export interface Suggestion {
  readonly label: string;
  /** The required kind of value, such as a number or an object. */
  readonly detail: string;
  readonly about: string;
  readonly isText: boolean;
}

/** Returns the keys that the object at the path does not have yet, or the values that the schema lists. */
export function suggest(schema: SchemaNode, { path, at, spec }: LocationInSpec): Suggestion[] {
  if (at === "value") return valuesAt(schema, path, spec);
  const node = nodeAtPath(schema, path, spec);
  if (node === undefined) return [];
  const found = valueAt(spec, path);
  // A value that is not an object yet is treated as an empty object: it becomes one with its first key.
  const value = typeof found === "object" && found !== null ? found : {};
  const { own, others } = keysOf(node, value);
  const of = { ...node, $defs: schema.$defs };
  return [...new Set([...own, ...tagKeysOf(node), ...others])]
    .filter((key) => !Object.hasOwn(value, key) && key !== "$schema")
    .map((key) => ({ label: key, isText: true, ...descriptionOf(nodeAtPath(of, [key], value)) }));
}

/** Describes the key at the end of the path and the values that it accepts. */
export const describe = (
  schema: SchemaNode,
  { path, spec }: LocationInSpec,
): Pick<Suggestion, "detail" | "about"> => descriptionOf(nodeAtPath(schema, path, spec));

function valuesAt(schema: SchemaNode, path: SpecPath, spec: unknown): Suggestion[] {
  const node = nodeAtPath(schema, path, spec);
  if (node === undefined) return [];
  const last = path.at(-1);
  const parent = nodeAtPath(schema, path.slice(0, -1), spec);
  const tag = last === "type" || last === "fn" ? last : "type";
  // The tag of an object selects its variant. Therefore, the tags of all variants are suggested, not only the
  // tag of the current variant.
  const choices = tag === last && parent ? parent : node;
  const texts = namesOf(choices, tag).map((label) => ({
    label,
    detail: "",
    about: formNamed(choices, tag, label)?.description ?? "",
    isText: true,
  }));
  const isChoice = mustBe(node, "").includes("true or false");
  const others = isChoice ? ["true", "false"] : [];
  return [...texts, ...others.map((label) => ({ label, detail: "", about: "", isText: false }))];
}

function descriptionOf(node: SchemaNode | undefined): Pick<Suggestion, "detail" | "about"> {
  if (node === undefined) return { detail: "", about: "" };
  const preset = node.default === undefined ? "" : `, ${JSON.stringify(node.default)} by default`;
  return { detail: `${mustBe(node, "a name or an object")}${preset}`, about: node.description ?? "" };
}

function valueAt(spec: unknown, path: SpecPath): unknown {
  let value = spec;
  for (const step of path) {
    if (typeof value !== "object" || value === null) return undefined;
    value = Object.getOwnPropertyDescriptor(value, step)?.value;
  }
  return value;
}
