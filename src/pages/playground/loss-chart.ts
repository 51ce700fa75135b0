/** The curves of a training as it goes: loss of the training part and of the validation part over the epochs, on a logarithmic scale. */
import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import type { EpochReport } from "../../runtime/trainer.ts";
import { svgElement } from "../shared/element.ts";

const width = 460;
const height = 190;
const margin = { left: 52, right: 12, top: 10, bottom: 26 };

/** Draws all reports into the element anew; `epochs` is how many there will be. */
export function drawLosses(host: Element, reports: readonly EpochReport[], epochs: number): void {
  const held = reports.flatMap(({ epoch, validation }) =>
    validation ? [{ epoch, loss: validation.loss }] : [],
  );
  const positive = [...reports, ...held].map(({ loss }) => loss).filter((loss) => loss > 0);
  const [low, high] = [Math.min(...positive), Math.max(...positive)];
  const domain = positive.length === 0 ? [0.1, 1] : [low * 0.9, Math.max(high, low * 1.5) * 1.05];
  const x = scaleLinear([0, Math.max(1, epochs)], [margin.left, width - margin.right]);
  const y = scaleLog(domain, [height - margin.bottom, margin.top]);
  const pathOf = line<{ epoch: number; loss: number }>()
    .defined(({ loss }) => loss > 0)
    .x(({ epoch }) => x(epoch))
    .y(({ loss }) => y(loss));
  const curve = (points: readonly { epoch: number; loss: number }[], kind: string) =>
    svgElement("path", { d: pathOf([...points]) ?? "", class: `curve ${kind}` });
  const ticksOfY = y.ticks(4).filter((_, i, all) => all.length < 7 || i % Math.ceil(all.length / 6) === 0);
  host.replaceChildren(
    svgElement(
      "svg",
      {
        viewBox: `0 0 ${width} ${height}`,
        role: "img",
        "aria-label": "Loss over the epochs",
        class: "chart",
      },
      ...ticksOfY.flatMap((tick) => [
        svgElement("line", {
          x1: margin.left,
          x2: width - margin.right,
          y1: y(tick),
          y2: y(tick),
          class: "grid",
        }),
        svgElement(
          "text",
          { x: margin.left - 6, y: y(tick) + 4, class: "tick end" },
          String(+tick.toPrecision(3)),
        ),
      ]),
      ...x
        .ticks(6)
        .map((tick) => svgElement("text", { x: x(tick), y: height - 8, class: "tick middle" }, String(tick))),
      curve(reports, "of-training"),
      curve(held, "of-validation"),
    ),
  );
}
