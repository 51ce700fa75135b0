// What a spec in TypeScript is wrapped in.
import type { ModelSpec } from "./schema.ts";

/** Returns the spec as it is; its type gives completion and checking in an editor. */
export const defineModel = (spec: ModelSpec): ModelSpec => spec;
