// The wrapper of a spec in TypeScript.
import type { ModelSpec } from "./schema.ts";

/** Returns the spec unchanged; its type gives completion and checking in an editor. */
export const defineModel = (spec: ModelSpec): ModelSpec => spec;
