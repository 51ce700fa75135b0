/** Layers that summarise windows of an image, channel by channel. What a window would reach beyond the edge is left out. */
import { imageOf, pairKey, pairOf, windowsOf } from "./images.ts";
import { defineLayer } from "./layer.ts";

const keys = {
  size: pairKey.describe("Height and width of the window; one number for both."),
  stride: pairKey.optional().describe("How far the window moves at a time; by default its size."),
};

export const maxPool2d = defineLayer({
  name: "max-pool2d",
  about: "the largest value of each window",
  keys,
  takes: "one input",
  build: (context, [input], { size, stride }) => {
    const windows = windowsOf(
      context,
      input,
      imageOf(context, input).x,
      pairOf(size),
      pairOf(stride ?? size),
    );
    return context.g.reduceMax(windows, { axes: [4, 5] });
  },
});

export const avgPool2d = defineLayer({
  name: "avg-pool2d",
  about: "the mean of each window",
  keys,
  takes: "one input",
  build: (context, [input], { size, stride }) => {
    const [height, width] = pairOf(size);
    const windows = windowsOf(
      context,
      input,
      imageOf(context, input).x,
      [height, width],
      pairOf(stride ?? size),
    );
    return context.g.divide(context.g.reduceSum(windows, { axes: [4, 5] }), height * width);
  },
});

export const globalAvgPool2d = defineLayer({
  name: "global-avg-pool2d",
  about: "the mean of each channel over the whole image",
  keys: {},
  takes: "one input",
  build: (context, [input]) => {
    const { x, size } = imageOf(context, input);
    return context.g.divide(context.g.reduceSum(x, { axes: [1, 2] }), size[0] * size[1]);
  },
});
