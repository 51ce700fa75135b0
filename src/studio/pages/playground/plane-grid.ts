/**
 * The plane of a model whose input consists of functions of two numbers: the columns x and y of a generated data set,
 * or two columns of any other file.
 */
import type { TrainerScript } from "../../browser/messages.ts";
import { fieldRange } from "./parts.ts";
import { planeFeatures } from "./planes.ts";

export interface PlaneGrid {
  readonly input: string;
  /** The names of the columns of the input, as axes and features are labelled. */
  readonly columns: readonly string[];
  /** The ranges of the horizontal and of the vertical axis. */
  readonly x: Range;
  readonly y: Range;
  /** The index of the column that is the horizontal axis, and of the one that is the vertical axis. */
  readonly axes: readonly [number, number];
  /** The rows of the input for a grid with `side` × `side` points, from the top left, row by row. */
  rows(side: number): Float64Array;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/**
 * Returns why there is no plane: the input has other columns, or the data has no rows. Models with several inputs are
 * not drawn in a plane.
 */
export function planeGrid({ facts, columns, data }: TrainerScript): PlaneGrid | { readonly problem: string } {
  const inputs = Object.entries(facts.inputs).filter(([, { onlyLoss }]) => onlyLoss !== true);
  const [[input, { shape }]] = inputs;
  if (data === undefined || inputs.length !== 1 || shape.length !== 1)
    return { problem: "the model is not a function of points in a plane" };
  const names = columns[input] ?? [];
  const functions = names.flatMap((name) =>
    Object.hasOwn(planeFeatures, name) ? [planeFeatures[name].of] : [],
  );
  const isFeatures = functions.length === shape[0] && names.length === shape[0];
  const [width, plain] = [shape[0], ["x", "y"].map((name) => names.indexOf(name))];
  const axes: readonly [number, number] = isFeatures ? [plain[0], plain[1]] : [0, 1];
  if (isFeatures && plain.includes(-1))
    return { problem: "the plane can be drawn if both x and y are features" };
  if (!isFeatures && width !== 2) return { problem: "the model is not a function of points in a plane" };
  const [x, y] = axes.map((column) => fieldRange(data.train[input], column, width));
  const row = isFeatures
    ? (atX: number, atY: number) => functions.map((of) => of(atX, atY))
    : (atX: number, atY: number) => [atX, atY];
  return {
    input,
    columns: isFeatures
      ? names.map((name) => planeFeatures[name].label)
      : names.length === 2
        ? names
        : ["x", "y"],
    x,
    y,
    axes,
    rows: (side) =>
      Float64Array.from(
        Array.from({ length: side * side }, (_, place) =>
          row(
            x.low + (((place % side) + 0.5) / side) * (x.high - x.low),
            y.high - ((Math.floor(place / side) + 0.5) / side) * (y.high - y.low),
          ),
        ).flat(),
      ),
  };
}
