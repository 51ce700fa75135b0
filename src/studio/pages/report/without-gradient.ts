/** Why a parameter has no gradient. */
import type { ReportIndex } from "./report-index.ts";

export function withoutGradient({ explanation }: ReportIndex, name: string): string {
  const layer = explanation.layers.find(({ parameters }) => parameters.some((each) => each.name === name));
  const parameter = layer?.parameters.find((each) => each.name === name);
  if (layer === undefined || parameter === undefined) return `This report has no parameter ${name}.`;
  if (!layer.trainable) return `It has none: its layer, ${layer.name}, is frozen.`;
  if (!parameter.trainable) return "It has none: it is a statistic, which training keeps without a gradient.";
  return "It has none: the loss does not depend on it.";
}
