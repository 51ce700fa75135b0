// How a search is recognised again: by everything that its outcomes follow from, and by nothing else.
import { createHash } from "node:crypto";
import { version } from "../../compiler/spec/version.ts";
import type { CheckedCandidate } from "./check-candidates.ts";
import type { OpenData } from "./open-data.ts";

/** SHA-256 over the compiler, the models in their order, and the rows that they are trained and chosen on. */
export function searchHash(
  candidates: readonly CheckedCandidate[],
  open: OpenData,
  dtype: "f32" | "f64",
): string {
  const hash = createHash("sha256").update(JSON.stringify([version, dtype, open.dataOf]));
  for (const { model } of candidates) hash.update(model.specHash);
  for (const { train, validation = {} } of open.data.flat())
    for (const [name, values] of [...Object.entries(train), ...Object.entries(validation)]) {
      hash.update(JSON.stringify([name, values.length]));
      hash.update(Float64Array.from(values));
    }
  return hash.digest("hex");
}
