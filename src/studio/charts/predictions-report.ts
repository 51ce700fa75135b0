/**
 * The report that compares predictions with true values in each split. It contains the confusion matrix and
 * the metrics of each class, or the errors of predicted numbers. The formats are text, SVG, HTML and JSON.
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
 * The predictions of one target for one split. With `classes`, `expected` and `predicted` are class numbers;
 * otherwise they are numbers in the target's original units.
 */
export interface SplitPredictions {
  readonly split: string;
  /** The name of the target, if the model has several. */
  readonly target?: string | undefined;
  readonly classes?: readonly string[];
  readonly expected: ArrayLike<number>;
  readonly predicted: ArrayLike<number>;
  /** The decimals of predicted numbers; means and errors have one more. */
  readonly decimals?: number | undefined;
}

/** The report of one split, before it is rendered. */
interface Section {
  readonly tables: readonly TableParts[];
  readonly block: Block;
  readonly json: object;
}

export interface PredictionReport {
  readonly title: string;
  readonly splits: readonly SplitPredictions[];
}

/**
 * The maximum number of classes of a matrix that fits in a terminal. With more classes, the text report lists
 * the most frequent confusions instead.
 */
const maxMatrixClasses = 12;
/**
 * The maximum number of points in a scatter plot. With more rows, only every nth point is drawn, because more
 * points make the plot larger but not clearer.
 */
const maxPoints = 1500;

export const reportFormats = {
  txt: ({ title, splits }: PredictionReport): string =>
    [title, "", ...splits.map(sectionOf).flatMap(({ tables }) => tables.map(tableText))].join("\n"),
  svg: ({ title, splits }: PredictionReport): string =>
    pageSvg({ title, blocks: splits.map(sectionOf).map(({ block }) => block) }),
  html: ({ title, splits }: PredictionReport): Promise<string> =>
    htmlPage({
      title,
      items: splits
        .map(sectionOf)
        .flatMap(({ tables, block }) => [...tables, pageSvg({ title, blocks: [block] })]),
    }),
  json: ({ title, splits }: PredictionReport): string => {
    const sections = splits.map((part) => ({
      split: part.split,
      target: part.target,
      ...sectionOf(part).json,
    }));
    return `${JSON.stringify({ title, splits: sections })}\n`;
  },
} as const;

export type ReportFormat = keyof typeof reportFormats;

/** The heading of a section. */
const headingOf = ({ split, target }: SplitPredictions): string =>
  target === undefined ? split : `${split}, ${target}`;

const sectionOf = (predictions: SplitPredictions): Section =>
  predictions.classes === undefined
    ? numbersSection(predictions)
    : classesSection(predictions, predictions.classes);

function classesSection(predictions: SplitPredictions, classes: readonly string[]): Section {
  const { expected, predicted } = predictions;
  const heading = headingOf(predictions);
  const confusion = confusionOf(classes, expected, predicted);
  const { perClass, accuracy, mean, counts } = confusion;
  const metrics: TableParts = {
    title: `${heading}: ${mean.support} predictions, ${(100 * accuracy).toFixed(1)} % correct`,
    head: ["class", "precision", "recall", "f1", "support"],
    rows: perClass.map((each, i) => [classes[i], each.precision, each.recall, each.f1, each.support]),
    foot: [["mean", mean.precision, mean.recall, mean.f1, mean.support]],
  };
  return {
    tables: [
      metrics,
      classes.length > maxMatrixClasses ? confusedTable(heading, confusion) : matrixTable(heading, confusion),
    ],
    block: matrixBlock(`${heading}: true against predicted classes`, confusion),
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

function numbersSection(predictions: SplitPredictions): Section {
  const { split, expected, predicted, decimals } = predictions;
  const heading = headingOf(predictions);
  const { points, ...agreement } = agreementOf(expected, predicted);
  const { rows, mae, rmse, r2, errors, bands } = agreement;
  const every = Math.ceil(points.length / maxPoints);
  const ofMeans = decimals === undefined ? undefined : decimals + 1;
  return {
    tables: [
      {
        title: `${heading}: ${rows} predictions`,
        head: ["mae", "rmse", "r2", ...errors.map(({ quantile }) => `error, ${100 * quantile} %`)],
        rows: [[mae, rmse, r2, ...errors.map(({ error }) => error)]],
        decimals: [ofMeans, ofMeans, undefined, ...errors.map(() => ofMeans)],
      },
      {
        title: `${heading}: errors by fifths of the rows, sorted by true value`,
        head: ["true from", "to", "rows", "mean true", "mean predicted", "mae"],
        decimals: [decimals, decimals, undefined, ofMeans, ofMeans, ofMeans],
        rows: bands.map((band) => [band.from, band.to, band.rows, band.expected, band.predicted, band.mae]),
      },
    ],
    block: panelBlock({
      title: `${heading}: predicted against true${every > 1 ? ` (every ${every}th of ${rows})` : ""}`,
      x: { label: "true" },
      y: { label: "predicted" },
      series: [{ name: split, points: points.filter((_, i) => i % every === 0), as: "dots" }],
      diagonal: true,
    }),
    json: agreement,
  };
}
