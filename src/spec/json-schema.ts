// The JSON Schema of specs, for editors; made from the schema that validates, so the two cannot differ.
import { z } from "zod";
import { modelSchema } from "./schema.ts";
import type { SchemaNode } from "./schema-node.ts";

/** The schema of what people write (JSON Schema, draft 2020-12): short forms allowed, keys with defaults optional. */
export function specSchema(): SchemaNode {
  return z.toJSONSchema(modelSchema, { io: "input", reused: "inline", unrepresentable: "any" });
}
