/** What every part of the page gets to see, and what a view is to the page around it. */
import type { ReportIndex } from "./report-index.ts";
import type { Pick, Selection, State } from "./selection.ts";

export interface Context {
  readonly index: ReportIndex;
  readonly selection: Selection;
}

export interface Panel {
  readonly element: HTMLElement;
  /** The view is on the page, and this is picked. */
  show(pick: Pick | undefined): void;
  /** A key that nobody else wanted; whether it meant something here. */
  onKey?(event: KeyboardEvent): boolean;
}

export type { Pick, State };
