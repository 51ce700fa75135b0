/** The programs of a model, in their order. `begin` and `measure` are there for some models only. */
export const programNames = ["begin", "measure", "gradient", "update", "predict", "evaluate", "summarise"] as const; // prettier-ignore
export type ProgramName = (typeof programNames)[number];
