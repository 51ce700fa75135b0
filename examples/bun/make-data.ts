// Writes data.csv: `bun make-data.ts`. The height grows with light and water, and falls with too much of either.
const rows = Array.from({ length: 300 }, (_, i) => {
  const [light, water] = [(i * 37) % 100, (i * 61) % 83];
  return [light, water, (light * (140 - light) + water * (110 - water)) / 200 + Math.sin(i)];
});
await Bun.write("data.csv", ["light,water,height", ...rows.map((row) => row.join(",")), ""].join("\n"));
