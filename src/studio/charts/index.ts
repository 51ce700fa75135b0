/**
 * The exports of this folder: tables and charts as terminal text and as SVG, and the charts of a training
 * run.
 */
export {
  reportFormats,
  type PredictionReport,
  type SplitPredictions,
  type ReportFormat,
} from "./predictions-report.ts";
export type { Chart, Mark, Panel, Point, Series } from "./chart.ts";
export { scaleFor } from "./chart.ts";
export { chartSvg } from "./chart-svg.ts";
export { panelText, type TextSize } from "./chart-text.ts";
export { curvesChart } from "./curves.ts";
export { tableText, type Cell, type TableParts } from "./table.ts";
