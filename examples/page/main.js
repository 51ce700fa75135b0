// Trains in the page, and draws the prediction after every tenth epoch. There is no build: `tapeless compile --emit js`
// writes model.js, which the browser imports.
import { createTrainer } from "./model.js";

const count = 120;
const x = Array.from({ length: count }, (_, i) => -3 + (6 * i) / (count - 1));
// The positions at which the prediction is drawn: at most `batchSize` of them.
const grid = x.filter((_, i) => i % 4 === 0);
const y = x.map((each) => Math.sin(2 * each) + (Math.random() - 0.5) / 2);

const points = document.querySelector("#points");
for (const [i, each] of x.entries()) {
  const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [name, value] of Object.entries({ cx: each, cy: -y[i], r: 0.03 }))
    circle.setAttribute(name, value);
  points.append(circle);
}

const prediction = document.querySelector("#prediction");
const output = document.querySelector("output");
const trainer = createTrainer();
for (const { epoch, loss } of trainer.epochs({ x, y })) {
  if (epoch % 10 !== 0) continue;
  const predicted = trainer.predict({ x: grid });
  prediction.setAttribute("points", grid.map((each, i) => `${each},${-predicted[i]}`).join(" "));
  output.textContent = `epoch ${epoch}: loss ${loss.toFixed(4)}`;
  // The page is drawn, and stays responsive, while training waits.
  await new Promise(requestAnimationFrame);
}
output.textContent = `trained: loss ${trainer.evaluateAll({ x, y }).loss.toFixed(4)}`;
