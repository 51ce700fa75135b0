/**
 * The view of a model's predictions on held-out rows. For classes, it shows a confusion matrix and the rows
 * themselves, as images where possible. For numbers, it shows the predicted against the true values.
 */
import type { Panel, Point } from "../../charts/chart.ts";
import { element } from "../shared/element.ts";
import { plotSvg } from "../shared/plot-svg.ts";
import type { ModelView, Shown } from "./shown-model.ts";

const maxRows = 40;

export function rowsView(shown: Shown): ModelView {
  const { heldOut, inputs, classes, answer, target, targetSize } = shown;
  const host = element("div", { class: "rows" });
  const truth = heldOut[target];
  const cellsOf = (outputs: Float64Array) => {
    const width = outputs.length / truth.length;
    return Array.from({ length: truth.length }, (_, i) =>
      answer([...outputs.subarray(i * width, (i + 1) * width)], i % targetSize),
    );
  };
  const samples = imagesOf(shown);
  return {
    element: host,
    probe: Object.fromEntries(inputs.map((input) => [input, heldOut[input]])),
    draw({ [target]: outputs }) {
      const cells = cellsOf(outputs);
      if (classes.length === 0) return host.replaceChildren(scatter(shown, cells));
      const predictions = cells.map(([name]) => classes.indexOf(name));
      host.replaceChildren(confusion(shown, predictions), sampled(shown, predictions, cells, samples));
    },
  };
}

/** The confusion matrix: rows are true classes, columns are predicted classes. */
function confusion(
  { classes, heldOut, heldOutName, target }: Shown,
  predictions: readonly number[],
): HTMLElement {
  const counts = classes.map(() => classes.map(() => 0));
  predictions.forEach((predicted, row) => counts[heldOut[target][row]][predicted]++);
  const most = Math.max(1, ...counts.flat());
  const head = element(
    "tr",
    {},
    element("th", {}, "true ↓ predicted →"),
    ...classes.map((name) => element("th", { scope: "col" }, String(name))),
  );
  const body = counts.map((row, of) =>
    element(
      "tr",
      {},
      element("th", { scope: "row" }, String(classes[of])),
      ...row.map((count, predicted) => {
        const cell = element(
          "td",
          { class: of === predicted ? "right" : "wrong" },
          count === 0 ? "·" : String(count),
        );
        cell.style.setProperty("--share", String(count / most));
        return cell;
      }),
    ),
  );
  const right = predictions.filter((predicted, row) => predicted === heldOut[target][row]).length;
  const caption = `${heldOutName}: ${right} of ${predictions.length} rows correct`;
  return element("table", { class: "confusion" }, element("caption", {}, caption), head, ...body);
}

/** Returns one canvas for each of the first rows, if the rows are square images. */
function imagesOf({ heldOut, inputs, input, inputSize, trainer }: Shown): HTMLCanvasElement[] | undefined {
  if (inputs.length > 1) return undefined;
  const { shape } = trainer.facts.inputs[input];
  const side = shape.length > 1 ? shape[0] : Math.sqrt(inputSize);
  if (!Number.isInteger(side) || side < 4 || side * side !== inputSize) return undefined;
  const numbers = heldOut[input];
  const count = Math.min(maxRows, numbers.length / inputSize);
  let most = 1e-9;
  for (let i = 0; i < numbers.length; i++) most = Math.max(most, numbers[i]);
  return Array.from({ length: count }, (_, row) => {
    const canvas = element("canvas", { width: side, height: side, class: "digit" });
    const context = canvas.getContext("2d");
    const image = context?.createImageData(side, side);
    for (let i = 0; image !== undefined && i < inputSize; i++) {
      const shade = 255 * (1 - Math.max(0, numbers[row * inputSize + i]) / most);
      image.data.set([shade, shade, shade, 255], 4 * i);
    }
    if (image !== undefined) context?.putImageData(image, 0, 0);
    return canvas;
  });
}

type Cells = readonly (readonly (string | number)[])[];

function sampled(
  { classes, heldOut, target }: Shown,
  predictions: readonly number[],
  cells: Cells,
  images: readonly HTMLCanvasElement[] | undefined,
): HTMLElement {
  const shown = predictions.slice(0, maxRows).map((predicted, row) => {
    const of = heldOut[target][row];
    const probability = Number(cells[row][1 + predicted] ?? NaN);
    const certainty =
      Number.isFinite(probability) && probability <= 1 ? ` ${Math.round(100 * probability)} %` : "";
    const text =
      predicted === of
        ? `${classes[predicted]}${certainty}`
        : `${classes[predicted]}${certainty}, true: ${classes[of]}`;
    return element(
      "li",
      { class: predicted === of ? "right" : "wrong" },
      ...(images ? [images[row]] : []),
      text,
    );
  });
  return element("ul", { class: images ? "samples images" : "samples" }, ...shown);
}

/**
 * A scatter plot of predicted against true values in the target's original units. Good predictions are near
 * the diagonal.
 */
function scatter({ heldOut, target, targetSize, scales, heldOutName }: Shown, cells: Cells): Element {
  const points = cells.map(([predicted], i): Point => {
    const { shift, span } = scales[i % targetSize] ?? { shift: 0, span: 1 };
    return [heldOut[target][i] * span + shift, Number(predicted)];
  });
  const panel: Panel = {
    title: "",
    x: { label: "true" },
    y: { label: "predicted" },
    series: [{ name: heldOutName, points, as: "dots" }],
    diagonal: true,
  };
  const plot = plotSvg(panel, {
    width: 380,
    height: 380,
    label: "Predicted against true values",
    curve: () => ({ class: "point" }),
  });
  return element(
    "figure",
    {},
    element("div", { class: "picture" }, plot),
    element("figcaption", {}, `x: true (${heldOutName}), y: predicted`),
  );
}
