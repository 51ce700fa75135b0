/** What a training tells of itself while it runs, as plain data: the page of `train --serve` is drawn from it. */
import type { Probe } from "../../runtime/trainer/probe.ts";
import type { EpochReport } from "../../runtime/trainer/trainer.ts";

/**
 * `at`: milliseconds since the first event. Epochs are counted over the trainer's whole life; parts of one
 * are fractions.
 */
export type LiveEvent =
  /** A training of several, none of which is shown but the last. */
  | { readonly kind: "stage"; readonly at: number; readonly name: string }
  | {
      readonly kind: "start";
      readonly at: number;
      /** Epochs that are done, and how many there are to be at most. */
      readonly epoch: number;
      readonly epochs: number;
      /** Of the training part. */
      readonly rows: number;
      readonly parameters: number;
    }
  /** The mean loss of the steps since the last such event, and the rows that went in. */
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
      /** For people. */
      readonly text: string;
    };

export type LiveEventOf<K extends LiveEvent["kind"]> = Extract<LiveEvent, { readonly kind: K }>;

/** So many events of each kind are kept; of more, those that are old lose every second one of theirs. */
const most: Readonly<Record<LiveEvent["kind"], number>> = {
  stage: 1,
  start: 1,
  steps: 4000,
  epoch: 10_000,
  probe: 240,
  end: 1,
};

/**
 * The events so far, in their order, as many as a page can draw. The first and the last of each kind are
 * always among them.
 */
export class LiveHistory {
  private readonly kept = new Map<LiveEvent["kind"], LiveEvent[]>();

  add(event: LiveEvent): void {
    const { kind } = event;
    const list = most[kind] === 1 ? [] : (this.kept.get(kind) ?? []);
    list.push(event);
    this.kept.set(kind, list.length > most[kind] ? thinned(list) : list);
  }

  /** Of one kind, in their order. */
  of<K extends LiveEvent["kind"]>(kind: K): LiveEventOf<K>[] {
    const isOfKind = (event: LiveEvent): event is LiveEventOf<K> => event.kind === kind;
    return (this.kept.get(kind) ?? []).filter(isOfKind);
  }

  all(): LiveEvent[] {
    return [...this.kept.values()].flat().sort((a, b) => a.at - b.at);
  }
}

/** Every second one, and the last. */
const thinned = (list: readonly LiveEvent[]): LiveEvent[] =>
  list.filter((_, i) => i % 2 === 0 || i === list.length - 1);
