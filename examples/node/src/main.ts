/** Trains on data.csv, writes a checkpoint, and predicts the first row from it. */
import { readFileSync, writeFileSync } from "node:fs";
import { encode } from "./data.ts";
import { createTrainer, model } from "./model.ts";

const data: Record<string, number[]> = encode(readFileSync(new URL("data.csv", import.meta.url), "utf8"));
const trainer = createTrainer();
for (const { epoch, loss, validation } of trainer.epochs(data))
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`, validation ?? "");
console.log("trained:", trainer.evaluateAll(data));
writeFileSync("model.ckpt", trainer.save());

// A program that only predicts would start here.
const restored = createTrainer();
restored.load(new Uint8Array(readFileSync("model.ckpt")));
const [[input, { shape }]] = Object.entries(model.inputs);
const [[target]] = Object.entries(model.targets);
const size = shape.reduce((product, length) => product * length, 1);
const outputs = restored.predict({ [input]: data[input].slice(0, size) });
console.log(`${target} of the first row: network output`, outputs, "data", data[target][0]);
