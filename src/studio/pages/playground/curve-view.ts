/**
 * The view of a model that is a function of one number: the data points, and the model's curve through them.
 */
import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { element, svgElement } from "../shared/element.ts";
import type { ModelView, Shown } from "./shown-model.ts";
import { fieldRange } from "./parts.ts";

const steps = 200;
const width = 460;
const height = 320;
const margin = 34;

export function curveView({ train, heldOut, heldOutName, input, target, answer, trainer }: Shown): ModelView {
  const range = fieldRange(train[input], 0, 1);
  const places = Float64Array.from(
    { length: steps },
    (_, i) => range.low + (i / (steps - 1)) * (range.high - range.low),
  );
  // Predictions are in the target's original units, but the data is scaled.
  const fields = trainer.data?.fields ?? [];
  const { shift = 0, span = 1 } = fields[fields.length - 1]?.scales?.[0] ?? {};
  const own = (value: number) => value * span + shift;
  const values = fieldRange(train[target], 0, 1);
  const x = scaleLinear([range.low, range.high], [margin, width - 8]);
  const y = scaleLinear([own(values.low), own(values.high)], [height - margin, 8]);
  const curve = svgElement("path", { class: "curve of-model" });
  const points = (part: typeof train, kind: string) =>
    Array.from({ length: part[target].length }, (_, row) =>
      svgElement("circle", { cx: x(part[input][row]), cy: y(own(part[target][row])), r: 2.5, class: kind }),
    );
  const svg = svgElement(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      role: "img",
      "aria-label": "The model's curve and the points",
      class: "chart picture",
    },
    ...y
      .ticks(5)
      .flatMap((tick) => [
        svgElement("line", { x1: margin, x2: width - 8, y1: y(tick), y2: y(tick), class: "grid" }),
        svgElement("text", { x: margin - 5, y: y(tick) + 4, class: "tick end" }, String(tick)),
      ]),
    ...points(train, "point"),
    ...(heldOut === train ? [] : points(heldOut, "point of-held")),
    curve,
  );
  return {
    element: element(
      "figure",
      {},
      svg,
      element("figcaption", {}, `line: the model; dots: training; circled dots: ${heldOutName}`),
    ),
    probe: { [input]: places },
    draw(outputs) {
      const path = line<number>()
        .x((_, i) => x(places[i]))
        .y((value) => y(Number(answer([value])[0])));
      curve.setAttribute("d", path([...outputs]) ?? "");
    },
  };
}
