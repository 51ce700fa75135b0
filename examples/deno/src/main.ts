/** Trains on data.csv with the permission to read its folder and to write one file, and no other. */
import { encode } from "./data.ts";
import { createTrainer, model } from "./model.ts";

const data = encode(await Deno.readTextFile(new URL("data.csv", import.meta.url)));
const trainer = createTrainer();
for (const { epoch, loss, metrics } of trainer.epochs(data))
  if (epoch % 10 === 0) console.log(`epoch ${epoch}: loss ${loss.toFixed(4)}`, metrics);
const { loss, accuracy } = trainer.evaluateAll(data);
console.log(`${model.name}: loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`);
await Deno.writeFile("model.ckpt", trainer.save());
