/**
 * What a trained model says against what is true, part by part: for classes the confusion matrix and the
 * figures of each class, for numbers how far off they are. As text, picture, page or JSON, by the ending of
 * the file that is asked for.
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
 * One part of the data. With `classes`, expected and predicted are class numbers; without, numbers in the
 * target's own units.
 */
export interface PartAnswers {
  readonly part: string;
  readonly classes?: readonly string[];
  readonly expected: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
}

/** A part of the report, before it is text, picture or page. */
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
 * More classes than this make a matrix that no terminal is wide enough for: then the commonest confusions are
 * listed.
 */
const widest = 12;
/** A scatter of more points than this is only larger, not clearer: then points at even distances stand for all. */
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
    title: `${part}: ${mean.support} answers, ${(100 * accuracy).toFixed(1)} % right`,
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
  title: `${part}: how many of each true class (rows) were taken for which (columns)`,
  head: ["true \\ predicted", ...classes],
  rows: counts.map((row, i) => [classes[i], ...row]),
});

function confusedTable(part: string, confusion: Confusion): TableParts {
  const { classes } = confusion;
  return {
    title: `${part}: the commonest confusions`,
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
        title: `${part}: a fifth of the rows at a time, by what is true`,
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
