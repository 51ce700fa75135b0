/**
 * The programs of a model, in their order. `begin` and `measure` are there for some models only, `probe`
 * where it is asked for.
 */
export const programNames = [
  "begin",
  "measure",
  "gradient",
  "update",
  "predict",
  "evaluate",
  "summarise",
  "probe",
] as const;
export type ProgramName = (typeof programNames)[number];
