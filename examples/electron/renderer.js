// The page: trains, reports each epoch, and saves a checkpoint through the main process.
import { createTrainer } from "./model.js";

const point = Array.from({ length: 2000 }, () => 2 * Math.random() - 1);
const inside = Array.from({ length: 1000 }, (_, i) => {
  const radius = Math.hypot(point[2 * i], point[2 * i + 1]);
  return Number(radius > 0.4 && radius < 0.8);
});

const output = document.querySelector("output");
const button = document.querySelector("button");
const trainer = createTrainer();
button.addEventListener("click", async () => {
  const isSaved = await window.files.save(trainer.save());
  output.textContent = isSaved ? "saved" : "not saved";
});

for (const { epoch, loss, metrics } of trainer.epochs({ point, inside })) {
  output.textContent = `epoch ${epoch}: loss ${loss.toFixed(4)}  accuracy ${metrics.accuracy.toFixed(4)}`;
  await new Promise(requestAnimationFrame);
}
output.textContent = `trained: accuracy ${trainer.evaluateAll({ point, inside }).accuracy.toFixed(4)}`;
button.disabled = false;
