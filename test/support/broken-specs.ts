// Sixty files with broken specs, in JSON and YAML: texts that cannot be read, and specs from the tables of the
// compiler's own tests. Editors must show for each what the command line prints.
import { stringify } from "yaml";
import { faultRows } from "../compiler/spec/fault-rows.ts";
import { specWith } from "../compiler/spec/base-spec.ts";

export interface BrokenSpec {
  /** A file name, such as `fault-12.tapeless.yaml`. */
  readonly file: string;
  readonly text: string;
}

const whole = JSON.stringify(specWith({}), undefined, 2);

/** Errors in the text itself, and in a spec whose graphs do not fit together. */
const texts: readonly (readonly [extension: "json" | "yaml", text: string])[] = [
  ["json", ""],
  ["json", whole.slice(0, 200)],
  ["json", whole.replace('"loss"', "// the loss\n  loss")],
  ["json", whole.replace("]", "],")],
  ["json", whole.replace('"loss"', '"name": "again",\n  "loss"')],
  ["json", whole.replace('"units": 3', '"units": 4')],
  ["json", whole.replace('"relu"', '"step"')],
  ["json", whole.replace('"cross-entropy"', '"mse"')],
  ["json", "[1, 2]"],
  ["json", whole.replaceAll("\n", "\r\n").replace('"units": 5', '"unitz": 5')],
  ["yaml", "# nothing\n"],
  ["yaml", "name: a\n  inputs: [\n"],
  ["yaml", "name: ä\nname: \u{1f600}\n"],
  ["yaml", stringify(specWith({})).replace("relu", "&a relu").replace("epochs: 2", "epochs: *b")],
  ["yaml", stringify(specWith({ network: [{ type: "reshape", shape: [3] }] }))],
  ["yaml", stringify(specWith({ network: [{ type: "lstm", units: 3 }] }))],
  ["yaml", stringify(specWith({ network: [{ type: "onnx", file: "missing.onnx" }] }))],
  ["yaml", "a: 1\n---\nb: 2\n"],
];

/** Rows whose spec is plain data, evenly spread over the tables. */
function fromTables(count: number): Record<string, unknown>[] {
  const rows = Object.values(faultRows)
    .flat()
    .map(([, changes]) => specWith(changes))
    .filter(
      (spec) => JSON.stringify(JSON.parse(JSON.stringify(spec))) === JSON.stringify(spec) && isPlain(spec),
    );
  return Array.from({ length: count }, (_, i) => rows[Math.floor((i * rows.length) / count)]);
}

/** JSON has no numbers such as NaN, no functions, and no undefined values. */
const isPlain = (value: unknown): boolean =>
  value === null ||
  typeof value === "string" ||
  typeof value === "boolean" ||
  (typeof value === "number" && Number.isFinite(value)) ||
  (typeof value === "object" && Object.values(value).every(isPlain));

export const brokenSpecs: readonly BrokenSpec[] = [
  ...texts,
  ...fromTables(60 - texts.length).map((spec, i) =>
    i % 2 === 0
      ? (["json", JSON.stringify(spec, undefined, 2)] as const)
      : (["yaml", stringify(spec)] as const),
  ),
].map(([extension, text], i) => ({ file: `fault-${i}.tapeless.${extension}`, text }));

/**
 * The diagnostics in the standard error of `tapeless compile FILE`, one line each: location without the file,
 * severity, code and message, and then hints and notes after " | ". Code frames are left out.
 */
export function commandLineDiagnostics(stderr: string, file: string): string[] {
  const found: string[] = [];
  for (const line of stderr.split("\n")) {
    if (line.startsWith(`${file}:`)) found.push(line.slice(file.length + 1));
    else if (line.startsWith(`${file} `)) found.push(`1:1${line.slice(file.length)}`);
    else if (/^ {2}(hint|note): /.test(line)) found[found.length - 1] += ` | ${line.trim()}`;
  }
  return found;
}
