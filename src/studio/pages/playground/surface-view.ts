/**
 * The view of the decision surface of a model of points in a plane. Each point has the colour of its predicted
 * class; the less certain the model is, the paler the colour.
 */
import { element } from "../shared/element.ts";
import type { ModelView, Shown } from "./shown-model.ts";
import { classColour, cssColour, legend } from "./parts.ts";
import type { PlaneGrid } from "./plane-grid.ts";

/** The number of evaluated points along each axis. */
const steps = 72;
const size = 420;

export function surfaceView(shown: Shown, { x, y, axes, rows }: PlaneGrid): ModelView {
  const { train, heldOut, heldOutName, input, inputSize, classes, target } = shown;
  const canvas = element("canvas", { width: size, height: size, role: "img", class: "picture surface" });
  canvas.setAttribute("aria-label", "The predicted class at each point, and the data points");
  const small = element("canvas", { width: steps, height: steps });
  const [near, far] = [small.getContext("2d"), canvas.getContext("2d")];
  const points = (context: CanvasRenderingContext2D, part: typeof train, isHeldOut: boolean) => {
    const [places, labels] = [part[input], part[target]];
    for (let row = 0; row < labels.length; row++) {
      const left = ((places[inputSize * row + axes[0]] - x.low) / (x.high - x.low)) * size;
      const top = ((y.high - places[inputSize * row + axes[1]]) / (y.high - y.low)) * size;
      context.beginPath();
      context.arc(left, top, isHeldOut ? 4 : 3, 0, 2 * Math.PI);
      context.fillStyle = cssColour(labels[row]);
      context.strokeStyle = isHeldOut ? "#000" : "#fff";
      context.lineWidth = isHeldOut ? 1.5 : 0.8;
      context.fill();
      context.stroke();
    }
  };
  const captions = [...legend(classes), element("span", {}, `○ ${heldOutName}, circled in black`)];
  return {
    element: element("figure", {}, canvas, element("figcaption", {}, ...captions)),
    probe: { [input]: rows(steps) },
    draw({ [target]: outputs }) {
      if (near === null || far === null) return;
      const image = near.createImageData(steps, steps);
      const width = outputs.length / (steps * steps);
      for (let place = 0; place < steps * steps; place++) {
        const [name, ...probabilities] = shown.answer([
          ...outputs.subarray(place * width, (place + 1) * width),
        ]);
        const index = Math.max(0, classes.indexOf(name));
        const probability = Math.min(1, Math.max(0, Number(probabilities[index] ?? 1)));
        // The opacity grows as the probability grows from chance (1 / number of classes) to certainty.
        const opacity = 0.15 + 0.6 * Math.max(0, (probability * classes.length - 1) / (classes.length - 1));
        const colour = classColour(index);
        for (let channel = 0; channel < 3; channel++)
          image.data[4 * place + channel] = 255 - (255 - colour[channel]) * opacity;
        image.data[4 * place + 3] = 255;
      }
      near.putImageData(image, 0, 0);
      far.imageSmoothingEnabled = true;
      far.drawImage(small, 0, 0, size, size);
      points(far, train, false);
      if (heldOut !== train) points(far, heldOut, true);
    },
  };
}
