// A spec with another value at one of its paths. Nothing that was written is changed; what lies on the way is copied.
import type { SpecPath } from "../../compiler/diagnostics/diagnostic.ts";
import { member } from "../../compiler/spec/raw-spec.ts";

/** What is missing on the way is made, and a short form is written out. An undefined value leaves the key out. */
export function withValue(spec: unknown, path: SpecPath, value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const inner = withValue(member(longForm(spec), step), rest, value);
  if (Array.isArray(spec)) return spec.map((item: unknown, index) => (index === step ? inner : item));
  const entries = Object.entries(longForm(spec));
  // Of two entries of one key the second gives the value, and the first the place.
  return Object.fromEntries(
    inner === undefined ? entries.filter(([key]) => key !== step) : [...entries, [String(step), inner]],
  );
}

/** `"adam"` is short for `{ "type": "adam" }`, and a function for `{ "build": … }`. */
export function longForm(written: unknown): object {
  if (typeof written === "object" && written !== null) return written;
  if (typeof written === "function") return { build: written };
  return typeof written === "string" ? { type: written } : {};
}
