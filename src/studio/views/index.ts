/** The table of all views that `inspect --show` offers. */
import { gradientsView } from "./gradients-view.ts";
import { gradientFormats, graphView } from "./graph-view.ts";
import { kernelsView } from "./kernels-view.ts";
import { layersView } from "./layers-view.ts";
import { memoryView } from "./memory-view.ts";
import { passesView } from "./passes-view.ts";
import { scheduleView } from "./schedule-view.ts";
import type { View } from "./view.ts";
import type { Subject } from "../explain/subject.ts";

export const views = {
  layers: layersView,
  graph: graphView,
  gradients: (subject) => ({ ...gradientsView(subject), ...gradientFormats(subject) }),
  passes: passesView,
  kernels: kernelsView,
  memory: memoryView,
  schedule: scheduleView,
} satisfies Record<string, (subject: Subject) => View>;

export type ViewName = keyof typeof views;
