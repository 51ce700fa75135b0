// The function that wraps a spec in TypeScript.
import type { ModelSpec } from "./schema.ts";

/** Returns the spec unchanged. Its type lets an editor complete and check the spec. */
export const defineModel = (spec: ModelSpec): ModelSpec => spec;
