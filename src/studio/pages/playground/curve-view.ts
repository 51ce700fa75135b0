/**
 * The view of a model that is a function of one number: the data points, and the model's curve through them.
 */
import type { Panel, Point, Series } from "../../charts/chart.ts";
import { element } from "../shared/element.ts";
import { plotSvg } from "../shared/plot-svg.ts";
import type { ModelView, Shown } from "./shown-model.ts";
import { fieldRange } from "./parts.ts";

/** The number of points of the curve. */
const steps = 200;

export function curveView({ train, heldOut, heldOutName, input, target, answer, scales }: Shown): ModelView {
  const range = fieldRange(train[input], 0, 1);
  const places = Float64Array.from(
    { length: steps },
    (_, i) => range.low + (i / (steps - 1)) * (range.high - range.low),
  );
  // Predictions are in the target's original units, but the data is scaled.
  const [{ shift, span } = { shift: 0, span: 1 }] = scales;
  const unscaled = (value: number) => value * span + shift;
  const { low, high } = fieldRange(train[target], 0, 1);
  const dots = (name: string, part: typeof train): Series => ({
    name,
    points: Array.from(part[target], (value, row): Point => [part[input][row], unscaled(value)]),
    as: "dots",
  });
  const data = [dots("training", train), ...(heldOut === train ? [] : [dots(heldOutName, heldOut)])];
  const classes = [...["point", "point of-held"].slice(0, data.length), "of-model"];

  const plot = (curve: readonly Point[]): SVGSVGElement => {
    const panel: Panel = {
      title: "",
      x: { label: input, includes: [range.low, range.high] },
      y: { label: target, includes: [unscaled(low), unscaled(high)] },
      series: [...data, { name: "model", points: curve }],
    };
    return plotSvg(panel, {
      width: 460,
      height: 320,
      label: "The model's curve and the points",
      curve: (i) => ({ class: classes[i] }),
    });
  };
  const picture = element("div", { class: "picture" }, plot([]));
  return {
    element: element(
      "figure",
      {},
      picture,
      element("figcaption", {}, `line: the model; dots: training; circled dots: ${heldOutName}`),
    ),
    probe: { [input]: places },
    draw: (outputs) =>
      picture.replaceChildren(
        plot(Array.from(outputs[target], (value, i): Point => [places[i], Number(answer([value])[0])])),
      ),
  };
}
