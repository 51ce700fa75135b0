/** Trains in a worker, so that the page stays responsive. Sends the report of each epoch, then the result. */
import csv from "./data.csv?raw";
import { encode } from "./data.ts";
import { createTrainer } from "./model.tapeless.yaml";
import type { EpochReport, Summary, Trainer } from "./model.tapeless.yaml";

export type Message =
  | { readonly kind: "epoch"; readonly report: EpochReport }
  | { readonly kind: "trained"; readonly result: Summary };

const send = (message: Message): void => postMessage(message);

const data = encode(csv);
let current: Trainer | undefined;

async function train(trainer: Trainer): Promise<void> {
  current = trainer;
  for (const report of trainer.epochs(data)) {
    send({ kind: "epoch", report });
    // The pause lets the worker receive a new spec, whose trainer then takes over.
    await new Promise((resolve) => setTimeout(resolve));
    if (current !== trainer) return;
  }
  send({ kind: "trained", result: trainer.evaluateAll(data) });
}

void train(createTrainer()).catch(reportError);

// In development, an edit of the spec trains again, and starts with the weights that still match.
if (import.meta.hot)
  import.meta.hot.accept("./model.tapeless.yaml", (next) => {
    if (next !== undefined) void train(next.createTrainer()).catch(reportError);
  });
