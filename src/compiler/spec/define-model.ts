// The wrapper of a TypeScript spec.
import type { ModelSpec } from "./schema.ts";

/** Returns the spec unchanged. Its type gives completion and checking in an editor. */
export const defineModel = (spec: ModelSpec): ModelSpec => spec;
