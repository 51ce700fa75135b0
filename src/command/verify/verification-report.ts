/** The verdict of a verification, and its report as text, JSON, a picture or a page. */
import { defaultTarget } from "../../compiler/targets.ts";
import { shellWord } from "../../compiler/util/message-text.ts";
import type { Kink, ParameterCheck } from "../../runtime/check/check-gradients.ts";
import { tolerances } from "../../runtime/check/prove-trainer.ts";
import { sizeOf } from "../../runtime/model/facts.ts";
import { htmlPage, verdictWord } from "../../studio/charts/html-page.ts";
import { chartSvg } from "../../studio/charts/index.ts";
import type { Panel } from "../../studio/charts/index.ts";
import { tableText } from "../../studio/charts/table.ts";
import type { TableParts } from "../../studio/charts/table.ts";
import type { TargetCheck } from "./check-target.ts";
import { sweepBlocks } from "./verify-model.ts";
import type { Verification, VerifiedParameter } from "./verify-model.ts";

/** The upper bound (exclusive) of accepted relative errors. */
export const largestError = tolerances.f64.bound;

export interface Verdict {
  readonly worst: number;
  readonly holds: boolean;
  /** A message for each wrong gradient and each wrong target. */
  readonly errors: readonly string[];
}

/** `spec`: the path of the spec, for commands in messages. */
export function verdictOf({ parameters, targets }: Verification, spec: string): Verdict {
  const wrong = parameters.filter(({ relativeError }) => !(relativeError < largestError));
  const differing = targets.filter(({ holds }) => !holds);
  return {
    worst: Math.max(0, ...parameters.map(({ relativeError }) => relativeError)),
    holds: wrong.length === 0 && differing.length === 0,
    errors: [
      ...wrong.map((parameter) => gradientError(parameter, spec)),
      ...differing.map((target) => targetError(target, spec)),
    ],
  };
}

function gradientError({ name, worst }: VerifiedParameter, spec: string): string {
  const where = worst ? ` ${worst.at}: emitted ${worst.emitted}, central differences ${worst.expected}` : "";
  return (
    `${name}${where}. To see its derivation: tapeless inspect ${shellWord(spec)} --show gradients ` +
    `--of ${shellWord(name)}`
  );
}

function targetError({ target, backend, dtype, worst }: TargetCheck, spec: string): string {
  const gradient = worst === undefined ? "" : `; the worst gradient is that of ${worst}`;
  const flags = `${target === defaultTarget ? "" : ` --target ${target}`}${dtype === "f64" ? " --dtype f64" : ""}`;
  return (
    `${targetName({ target, backend })} ${dtype} differs from the interpreter${gradient}. To see its kernels: ` +
    `tapeless inspect ${shellWord(spec)} --show kernels${flags}`
  );
}

/** `ts`, `wasm (simd)`. */
export const targetName = ({ target, backend }: Pick<TargetCheck, "target" | "backend">): string =>
  target === backend ? target : `${target} (${backend})`;

// The report: text, a page, a picture of the step sweeps, or JSON with all values.

export interface VerificationSubject {
  readonly verification: Verification;
  /** The path of the spec, for commands in messages. */
  readonly spec: string;
}

/** The maximum number of kinks that are listed for each parameter. JSON contains all kinks. */
const maxKinks = 8;

export const verificationFormats = {
  txt: (subject: VerificationSubject): string =>
    [...tablesOf(subject.verification).map(tableText), ...notesOf(subject).map((note) => `${note}\n`)].join(
      "\n",
    ),
  html: ({ verification, spec }: VerificationSubject): Promise<string> => {
    const { holds, errors } = verdictOf(verification, spec);
    return htmlPage({
      title: `${verification.name}: verification of gradients and targets`,
      verdict: { holds, facts: [...factsOf(verification), ...errors, ...samplingOf(verification)] },
      items: [
        ...tablesOf(verification),
        ...panelsOf(verification).map((panel) =>
          chartSvg({
            title: panel.title,
            panels: [{ ...panel, title: "error of the central difference by step size" }],
          }),
        ),
      ],
    });
  },
  svg: ({ verification }: VerificationSubject): string =>
    chartSvg({
      title: `${verification.name}: error of central differences by step size`,
      subtitle:
        "The error at the worst element of each parameter. For a correct gradient, the curve has the shape of a V.",
      panels: panelsOf(verification),
    }),
  json: (subject: VerificationSubject): string => `${JSON.stringify(verificationJson(subject))}\n`,
} as const;

/** The result of `verify --json`: the documented fields first, then the details. */
export function verificationJson({ verification, spec }: VerificationSubject): object {
  const { rows, parameters, targets, flops, budget } = verification;
  const { worst, holds, errors } = verdictOf(verification, spec);
  return {
    worst,
    parameters: parameters.map(
      ({ name, relativeError, shape, elements, directions, kinks, worst, sweep }) => ({
        name,
        relativeError,
        shape,
        elements,
        directions,
        ...(worst && { worst: { ...worst, direction: undefined } }),
        kinks: kinks.map((kink) => ({ ...kink, direction: undefined })),
        sweep,
      }),
    ),
    holds,
    errors,
    rows,
    flopsOfLoss: flops,
    budgetOfFlops: budget,
    targets,
  };
}

const tablesOf = (verification: Verification): TableParts[] => [
  gradientsTable(verification),
  sweepsTable(verification),
  ...(verification.parameters.length === 1 ? verification.parameters.map(stepsTable) : []),
  ...kinksTables(verification),
  targetsTable(verification),
];

const error = (value: number): string => value.toExponential(1);
const figure = (value: number): string => String(Number(value.toPrecision(7)));

function gradientsTable({ name, rows, parameters }: Verification): TableParts {
  return {
    title:
      `${name}: emitted gradients (f64, ${rows} ${rows === 1 ? "row" : "rows"}) compared with central ` +
      "differences of the emitted loss",
    head: ["parameter", "compared", "relative error", "worst at", "emitted", "differences", "absolute error"],
    rows: parameters.map((each) => {
      const { worst } = each;
      const at = worst && [
        worst.at,
        figure(worst.emitted),
        figure(worst.expected),
        error(worst.absoluteError),
      ];
      return [each.name, comparedText(each), error(each.relativeError), ...(at ?? ["only kinks"])];
    }),
  };
}

function comparedText({ shape, elements, directions, kinks }: ParameterCheck): string {
  const size = sizeOf(shape);
  const all = elements === size ? `${size}` : `${elements} of ${size}`;
  const others = directions > 0 ? `, ${directions} directions` : "";
  return `${all}${others}${kinks.length > 0 ? `, ${kinks.length} ${kinks.length === 1 ? "kink" : "kinks"}` : ""}`;
}

function sweepsTable({ parameters }: Verification): TableParts {
  const swept = parameters.filter(({ sweep }) => sweep.length > 0);
  const blocks = sweepBlocks(swept.map(({ sweep }) => sweep));
  return {
    title:
      "error of the central difference by step size h, at the worst element: truncation error falls with h², " +
      "rounding error rises with 1/h",
    head: ["parameter", "h = 1e-2 … 1e-9", "largest", "least", "at h ="],
    rows: swept.map(({ name, sweep }, i) => {
      const least = sweep.reduce((best, point) => (point.error < best.error ? point : best));
      const largest = Math.max(...sweep.map((point) => point.error));
      return [name, blocks[i], error(largest), error(least.error), error(least.h)];
    }),
  };
}

/** All values of the sweep of one parameter. */
const stepsTable = ({ name, worst, sweep }: VerifiedParameter): TableParts => ({
  title: `${name}${worst ? ` ${worst.at}: emitted ${worst.emitted}` : ""}`,
  head: ["h", "(f(h) − f(−h)) / 2h", "error"],
  rows: sweep.map((point) => [error(point.h), String(point.difference), error(point.error)]),
});

function kinksTables({ parameters }: Verification): TableParts[] {
  const kinked = parameters.filter(({ kinks }) => kinks.length > 0);
  if (kinked.length === 0) return [];
  const rowOf = (name: string, { at, emitted, below, above }: Kink) => {
    const isBetween = emitted >= Math.min(below, above) - 1e-6 && emitted <= Math.max(below, above) + 1e-6;
    return [name, at, figure(below), figure(above), figure(emitted), isBetween ? "between" : "outside"];
  };
  return [
    {
      title:
        "kinks, where no derivative exists: |f(h) − 2f(0) + f(−h)| / h does not fall with h, so the slopes on " +
        "both sides differ",
      head: ["parameter", "at", "slope below", "slope above", "emitted", "position"],
      rows: kinked.flatMap(({ name, kinks }) => [
        ...kinks.slice(0, maxKinks).map((kink) => rowOf(name, kink)),
        ...(kinks.length > maxKinks ? [[name, `… ${kinks.length - maxKinks} more`]] : []),
      ]),
    },
  ];
}

const targetsTable = ({ name, targets }: Verification): TableParts => ({
  title: `${name}: emitted trainers compared with the reference interpreter`,
  head: ["target", "dtype", "loss", "gradients", "predictions", "evaluation", ""],
  rows: targets.map(({ target, backend, dtype, loss, gradients, predictions, summary, holds }) => [
    targetName({ target, backend }),
    dtype,
    error(loss),
    error(gradients),
    error(predictions),
    error(summary),
    holds ? "ok" : "FAILED",
  ]),
});

/** The last lines of the text: a note on sampling, the verdict with its facts, and the errors. */
function notesOf({ verification, spec }: VerificationSubject): string[] {
  const { holds, errors } = verdictOf(verification, spec);
  return [
    ...samplingOf(verification),
    `${verdictWord(holds)}: ${factsOf(verification).join("; ")}`,
    ...errors.map((message) => `ERROR ${message}`),
  ];
}

/** The facts of the verdict: the worst gradient and its tolerance, and the number of correct trainers. */
function factsOf({ parameters, targets }: Verification): string[] {
  const worst = Math.max(0, ...parameters.map(({ relativeError }) => relativeError));
  const of = parameters.find(({ relativeError }) => relativeError === worst);
  const location = of?.worst === undefined ? "" : ` (${of.name} ${of.worst.at})`;
  const kinks = parameters.reduce((sum, each) => sum + each.kinks.length, 0);
  const agreeing = targets.filter(({ holds }) => holds).length;
  const trainers = agreeing === targets.length ? `all ${agreeing}` : `only ${agreeing} of ${targets.length}`;
  return [
    `the worst relative error of a gradient is ${error(worst)}${location}, ` +
      `${worst < largestError ? "below" : "NOT below"} the tolerance ${error(largestError)}` +
      (kinks > 0 ? `; ${kinks} ${kinks === 1 ? "kink" : "kinks"} excluded` : ""),
    ...(targets.length === 0 ? [] : [`${trainers} trainers agree with the reference interpreter`]),
  ];
}

function samplingOf({ parameters, flops, budget }: Verification): string[] {
  if (parameters.every(({ directions }) => directions === 0)) return [];
  return [
    `Only a sample of the elements was compared: one evaluation of the loss takes ${megaflops(flops)}, and the ` +
      `budget of the check is ${megaflops(budget)}. The sample is seeded; random directions, which involve all ` +
      "elements, reveal errors outside of it.",
  ];
}

const megaflops = (flops: number): string =>
  flops >= 1e9
    ? `${Number((flops / 1e9).toPrecision(3))} GFLOP`
    : `${Number((flops / 1e6).toPrecision(3))} MFLOP`;

/** Charts of the sweeps on log scales, which cannot show errors of exactly 0. */
const panelsOf = ({ parameters }: Verification): Panel[] =>
  parameters.flatMap(({ name, worst, sweep }: VerifiedParameter): Panel[] =>
    worst === undefined
      ? []
      : [
          {
            title: `${name}, ${worst.at}`,
            x: { label: "step h", scale: "log" },
            y: { label: "|difference − emitted|", scale: "log" },
            series: [
              { name: "error", points: sweep.map(({ h, error }) => [h, error] as const) },
              { name: "each step", as: "dots", points: sweep.map(({ h, error }) => [h, error] as const) },
            ],
          },
        ],
  );
