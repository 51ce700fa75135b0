/** Trains in a worker, so that the page stays responsive. Sends the report of each epoch, then the result. */
import csv from "./data.csv?raw";
import { encode } from "./data.ts";
import { createTrainer } from "./model.tapeless.yaml";
import type { EpochReport, Summary } from "./model.tapeless.yaml";

export type Message =
  | { readonly kind: "epoch"; readonly report: EpochReport }
  | { readonly kind: "trained"; readonly result: Summary };

const send = (message: Message): void => postMessage(message);

const data = encode(csv);
const trainer = createTrainer();
for (const report of trainer.epochs(data)) send({ kind: "epoch", report });
send({ kind: "trained", result: trainer.evaluateAll(data) });
