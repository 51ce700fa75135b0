/** The events of a training run as plain data, from which the page of `train --serve` is drawn. */
import type { Probe } from "../../runtime/trainer/probe.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";

/**
 * `at` is in milliseconds since the first event. Epochs count from the creation of the trainer and can be
 * fractional.
 */
export type LiveEvent =
  /** The start of one of several training runs. The page shows only the latest run. */
  | { readonly kind: "stage"; readonly at: number; readonly name: string }
  | {
      readonly kind: "start";
      readonly at: number;
      /** The number of completed epochs; `epochs` is the maximum. */
      readonly epoch: number;
      readonly epochs: number;
      /** The number of rows in the training split. */
      readonly rows: number;
      readonly parameters: number;
    }
  /**
   * The mean loss over the steps since the previous event of this kind, and the number of rows that they
   * processed.
   */
  | {
      readonly kind: "steps";
      readonly at: number;
      readonly epoch: number;
      readonly loss: number;
      readonly rows: number;
      readonly learningRate: number;
    }
  | { readonly kind: "epoch"; readonly at: number; readonly report: EpochReport }
  | { readonly kind: "probe"; readonly at: number; readonly epoch: number; readonly probe: Probe }
  | {
      readonly kind: "end";
      readonly at: number;
      readonly outcome: "done" | "stopped early" | "stopped" | "diverged";
      /** A sentence for the user. */
      readonly text: string;
    };

export type LiveEventOf<K extends LiveEvent["kind"]> = Extract<LiveEvent, { readonly kind: K }>;

/**
 * The maximum number of events of each kind. When it is exceeded, every second one of the earlier events is
 * dropped.
 */
const maxEvents: Readonly<Record<LiveEvent["kind"], number>> = {
  stage: 1,
  start: 1,
  steps: 4000,
  epoch: 10_000,
  probe: 240,
  end: 1,
};

/**
 * The events so far, in order. They are thinned out to a number that a page can draw. The first and the last
 * event of each kind always remain.
 */
export class LiveHistory {
  private readonly kept = new Map<LiveEvent["kind"], LiveEvent[]>();
  private readonly limit: number;

  /** `limit` is a further upper bound on the number of events of each kind. */
  constructor(limit = Infinity) {
    this.limit = limit;
  }

  add(event: LiveEvent): void {
    const { kind } = event;
    const most = Math.min(maxEvents[kind], this.limit);
    const list = most === 1 ? [] : (this.kept.get(kind) ?? []);
    list.push(event);
    this.kept.set(kind, list.length > most ? thinnedOut(list) : list);
  }

  /** The events of one kind, in order. */
  of<K extends LiveEvent["kind"]>(kind: K): LiveEventOf<K>[] {
    const isOfKind = (event: LiveEvent): event is LiveEventOf<K> => event.kind === kind;
    return (this.kept.get(kind) ?? []).filter(isOfKind);
  }

  all(): LiveEvent[] {
    return [...this.kept.values()].flat().sort((a, b) => a.at - b.at);
  }
}

/** Returns every second event, and the last one. */
const thinnedOut = (list: readonly LiveEvent[]): LiveEvent[] =>
  list.filter((_, i) => i % 2 === 0 || i === list.length - 1);
