// The JSON Schema of specs, for editors; made from the schema that validates, so the two cannot differ.
import * as z from "zod";
import { modelSchema } from "./schema.ts";
import type { SchemaNode } from "./schema-node.ts";

/** The schema of what people write (JSON Schema, draft 2020-12): short forms allowed, keys with defaults optional. */
export const specSchema = (): SchemaNode =>
  possible(z.toJSONSchema(modelSchema, { io: "input", reused: "inline", unrepresentable: "any" }));

/** Without the forms that no JSON can have: functions, and objects that need one. */
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
  // What is left of a choice between a text and a function is the text.
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
