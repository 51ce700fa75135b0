/**
 * What shows figures: tables and charts for the terminal, charts as SVG, and the charts of a training. For
 * commands and scripts.
 */
export { reportFormats, type AnswersReport, type PartAnswers, type ReportFormat } from "./answers-report.ts";
export type { Chart, Mark, Panel, Point, Series } from "./chart.ts";
export { scaleFor } from "./chart.ts";
export { chartSvg } from "./chart-svg.ts";
export { panelText, type TextSize } from "./chart-text.ts";
export { curvesChart } from "./curves.ts";
export { tableText, type Cell, type TableParts } from "./table.ts";
