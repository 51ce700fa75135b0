/**
 * Parameter maps as YAML, which users can edit:
 *
 *     parameters:
 *       dense1.weight: { tensor: fc1.weight, permute: [1, 0] }
 *       dense1.bias: fc1.bias
 *       batch-norm1.scale: 1
 *     unused:
 *       - "*num_batches_tracked"
 */
import * as z from "zod";
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import { formatPath } from "../../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import { nodeAt } from "../../../compiler/spec/read/locations.ts";
import { readYaml } from "../../../compiler/spec/read/yaml.ts";
import { lineIndex } from "../../../compiler/util/line-index.ts";
import { showValue } from "../../../compiler/util/message-text.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { shapeText } from "../parameters/tensors.ts";
import type { StoredTensor } from "../parameters/tensors.ts";
import type { Origin, ParameterMap } from "./parameter-map.ts";

/** Axes that a reshape may have. The largest tensors that PyTorch stores have five. */
const mostAxes = 8;

const index = z.int("must be a whole number").min(0, "must not be negative");
const axes = (what: string) =>
  z
    .array(index, `must be a list of ${what}`)
    .max(mostAxes, `must have at most ${mostAxes} ${what}`)
    .optional();

const keysOf = (known: string) => ({
  error: (issue: z.core.$ZodRawIssue): string =>
    issue.code === "unrecognized_keys"
      ? `has the unknown key ${showValue(issue.keys[0])}; its keys are ${known}`
      : `must be an object with the keys ${known}`,
});

const tensorOrigin = z.strictObject(
  {
    tensor: z.string("must be the name of a tensor of the file"),
    rows: z.tuple([index, index], "must be the first row and the row after the last one").optional(),
    reshape: axes("sizes"),
    permute: axes("axes"),
  },
  keysOf("tensor, rows, reshape, permute"),
);

/** A name is short for a tensor without conversion. */
const origin = z.unknown().transform((value, context): Origin | null => {
  if (value === null || (typeof value === "number" && Number.isFinite(value))) return value;
  const read = tensorOrigin.safeParse(typeof value === "string" ? { tensor: value } : value);
  if (read.success) return read.data;
  for (const { path, message } of read.error.issues)
    context.issues.push({ code: "custom", path: [...path], message, input: value });
  return z.NEVER;
});

const mapFile = z.strictObject(
  {
    parameters: z.record(z.string(), origin, "must be an object with an entry for each parameter"),
    unused: z.array(z.string("must be the name of a tensor"), "must be a list of tensor names").default([]),
  },
  keysOf("parameters, unused"),
);

/** @throws DiagnosticError (T3006) with all errors, each with its location */
export function readMap(file: string, text: string): ParameterMap {
  const { value, located, errors } = readYaml(text.trim() === "" ? "{}" : text);
  const lines = lineIndex(text);
  const failure = (message: string, offset: number): Diagnostic => ({
    code: "T3006",
    severity: "error",
    message,
    location: { file, ...lines.at(Math.min(offset, text.length)) },
  });
  if (located === undefined || errors.length > 0)
    throw new DiagnosticError(errors.map(({ message, span }) => failure(message, span.start)));
  const read = mapFile.safeParse(value);
  if (read.success)
    return { parameters: new Map(Object.entries(read.data.parameters)), unused: read.data.unused };
  throw new DiagnosticError(
    read.error.issues.map(({ path, message }) => {
      const steps = path.map((step) => (typeof step === "number" ? step : String(step)));
      const where = steps.length === 0 ? "the map" : formatPath(steps);
      return failure(`${where} ${message}`, nodeAt(located, steps).node.start);
    }),
  );
}

/** What a printed map says about its parameters. */
export interface MapContext {
  /** The file with the tensors. */
  readonly file: string;
  readonly parameters: ModelFacts["parameters"];
  readonly tensors: readonly StoredTensor[];
  /** Notes on single parameters, by name. */
  readonly notes?: ReadonlyMap<string, string>;
}

/** The map as YAML, with the shapes of tensors and parameters as comments. */
export function mapText(map: ParameterMap, { file, parameters, tensors, notes }: MapContext): string {
  const shapes = new Map(tensors.map(({ name, shape }) => [name, shape]));
  const lines = parameters.map(({ name, shape }) => {
    const origin = map.parameters.get(name) ?? null;
    const given = typeof origin === "object" && origin !== null ? shapes.get(origin.tensor) : undefined;
    const sizes = given === undefined ? shapeText(shape) : `${shapeText(given)} → ${shapeText(shape)}`;
    const note = notes?.get(name);
    const value = originText(origin);
    return [
      `  ${word(name)}:${value === "" ? "" : ` ${value}`}`,
      [sizes, note].filter(Boolean).join("; "),
    ] as const;
  });
  const width = Math.min(72, Math.max(...lines.map(([text]) => text.length)));
  const unused = map.unused.map((name) => `  - ${word(name)}`);
  return [
    `# The parameters of the model, and the tensors of ${printableWord(file)} from which they are imported.`,
    "parameters:",
    ...lines.map(([text, comment]) => `${text.padEnd(width)}  # ${comment}`),
    ...(unused.length === 0 ? ["unused: []"] : ["unused:", ...unused]),
    "",
  ].join("\n");
}

function originText(origin: Origin | null): string {
  if (origin === null) return "";
  if (typeof origin === "number") return String(origin);
  const { tensor, rows, reshape, permute } = origin;
  const steps = Object.entries({ rows, reshape, permute }).flatMap(([key, list]) =>
    list === undefined ? [] : [`${key}: [${list.join(", ")}]`],
  );
  return steps.length === 0 ? word(tensor) : `{ tensor: ${word(tensor)}, ${steps.join(", ")} }`;
}

/** A string as a scalar of YAML. Words that YAML could read as another type are quoted. */
const word = (text: string): string =>
  /^[A-Za-z][\w.-]*$/.test(text) && !/^(true|false|null|yes|no|on|off|y|n)$/i.test(text)
    ? text
    : printableWord(text);

/** JSON strings are YAML strings. Characters that change the direction of text are escaped. */
const printableWord = (text: string): string =>
  JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (character) => "\\u" + character.charCodeAt(0).toString(16).padStart(4, "0"),
  );
