/**
 * The report of predictions against true values for each split: the confusion matrix and the metrics of each
 * class, or the errors of predicted numbers. The ending of the requested file selects text, SVG, HTML or JSON.
 */
import { agreementOf, confusionOf, mostConfused } from "./agreement.ts";
import type { Confusion } from "./agreement.ts";
import { panelBlock } from "./chart-svg.ts";
import { htmlPage } from "./html-page.ts";
import { matrixBlock } from "./matrix-svg.ts";
import { pageSvg } from "./svg.ts";
import type { Block } from "./svg.ts";
import { tableText } from "./table.ts";
import type { TableParts } from "./table.ts";

/**
 * One split of the data. With `classes`, `expected` and `predicted` are class numbers; without, they are
 * numbers in the target's original units.
 */
export interface PartAnswers {
  readonly part: string;
  readonly classes?: readonly string[];
  readonly expected: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** The report of one split, before it is rendered. */
interface Section {
  readonly tables: readonly TableParts[];
  readonly block: Block;
  readonly json: object;
}

export interface AnswersReport {
  readonly title: string;
  readonly parts: readonly PartAnswers[];
}

/**
 * A matrix of more classes than this is wider than a terminal. The report then lists the most frequent
 * confusions.
 */
const widest = 12;
/** A scatter plot of more points is larger, but not clearer. Points at equal distances then represent all. */
const mostPoints = 1500;

export const reportFormats = {
  txt: ({ title, parts }: AnswersReport): string =>
    [title, "", ...parts.map(sectionOf).flatMap(({ tables }) => tables.map(tableText))].join("\n"),
  svg: ({ title, parts }: AnswersReport): string =>
    pageSvg({ title, blocks: parts.map(sectionOf).map(({ block }) => block) }),
  html: ({ title, parts }: AnswersReport): string =>
    htmlPage(
      title,
      parts.map(sectionOf).flatMap(({ tables, block }) => [...tables, pageSvg({ title, blocks: [block] })]),
    ),
  json: ({ title, parts }: AnswersReport): string =>
    `${JSON.stringify({ title, parts: parts.map((part) => ({ part: part.part, ...sectionOf(part).json })) })}\n`,
} as const;

export type ReportFormat = keyof typeof reportFormats;

const sectionOf = (answers: PartAnswers): Section =>
  answers.classes === undefined ? numbersSection(answers) : classesSection(answers, answers.classes);

function classesSection({ part, expected, predicted }: PartAnswers, classes: readonly string[]): Section {
  const confusion = confusionOf(classes, expected, predicted);
  const { perClass, accuracy, mean, counts } = confusion;
  const figures: TableParts = {
    title: `${part}: ${mean.support} predictions, ${(100 * accuracy).toFixed(1)} % correct`,
    head: ["class", "precision", "recall", "f1", "support"],
    rows: perClass.map((each, i) => [classes[i], each.precision, each.recall, each.f1, each.support]),
    foot: [["mean", mean.precision, mean.recall, mean.f1, mean.support]],
  };
  return {
    tables: [
      figures,
      classes.length > widest ? confusedTable(part, confusion) : matrixTable(part, confusion),
    ],
    block: matrixBlock(`${part}: true against predicted classes`, confusion),
    json: {
      accuracy,
      classes: perClass.map((each, i) => ({ name: classes[i], ...each })),
      mean,
      confusion: counts,
    },
  };
}

const matrixTable = (part: string, { classes, counts }: Confusion): TableParts => ({
  title: `${part}: confusion matrix, true classes in rows, predicted classes in columns`,
  head: ["true \\ predicted", ...classes],
  rows: counts.map((row, i) => [classes[i], ...row]),
});

function confusedTable(part: string, confusion: Confusion): TableParts {
  const { classes } = confusion;
  return {
    title: `${part}: most frequent confusions`,
    head: ["true", "predicted", "rows"],
    rows: mostConfused(confusion, 10).map(({ expected, predicted, rows }) => [
      classes[expected],
      classes[predicted],
      rows,
    ]),
  };
}

function numbersSection({ part, expected, predicted }: PartAnswers): Section {
  const { points, ...agreement } = agreementOf(expected, predicted);
  const { rows, mae, rmse, r2, errors, bands } = agreement;
  const every = Math.ceil(points.length / mostPoints);
  return {
    tables: [
      {
        title: `${part}: ${rows} predictions`,
        head: ["mae", "rmse", "r2", ...errors.map(({ share }) => `error, ${100 * share} %`)],
        rows: [[mae, rmse, r2, ...errors.map(({ error }) => error)]],
      },
      {
        title: `${part}: errors by fifths of the rows, sorted by true value`,
        head: ["true from", "to", "rows", "mean true", "mean predicted", "mae"],
        rows: bands.map((band) => [band.from, band.to, band.rows, band.expected, band.predicted, band.mae]),
      },
    ],
    block: panelBlock({
      title: `${part}: predicted against true${every > 1 ? ` (every ${every}th of ${rows})` : ""}`,
      x: { label: "true" },
      y: { label: "predicted" },
      series: [{ name: part, points: points.filter((_, i) => i % every === 0), as: "dots" }],
      diagonal: true,
    }),
    json: agreement,
  };
}
