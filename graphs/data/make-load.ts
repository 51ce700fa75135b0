// Generates the electric load of two stations in each hour of 70 days. The load is simulated: it is the sum
// of a daily and a weekly profile, heating below 15 °C, and noise that decays over hours. Writes load.csv to
// this folder. The same program always writes the same bytes: npx tsx graphs/data/make-load.ts
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const days = 70;
const seed = 5;

/** 2024-01-01 was a Monday. */
const firstHour = Date.UTC(2024, 0, 1);

/** The size of a station, its heating per degree, and the hour of its evening peak. */
const stations = [
  { name: "north", base: 62, heating: 1.3, peak: 19 },
  { name: "south", base: 38, heating: 0.5, peak: 21 },
];

/** Uniform random numbers in [0, 1), from mulberry32 by Tommy Ettinger. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A peak of height 1 at this hour, about `width` hours wide. */
function peakAt(hour: number, centre: number, width: number): number {
  const distance = Math.min(Math.abs(hour - centre), 24 - Math.abs(hour - centre));
  return 1 / (1 + (distance / width) ** 4);
}

/** Returns the lines of all hours, one station after the other. */
export function loadOfStations(): string {
  const random = uniform(seed);
  // The sum of twelve uniform numbers, minus 6, has variance 1 and is close to normal.
  const normal = () => Array.from({ length: 12 }, random).reduce((sum, value) => sum + value, -6);
  // Both stations have the same weather. It changes from day to day, and is warmest at 15:00.
  let warmth = 0;
  const temperatures = Array.from({ length: 24 * days }, (_, hour) => {
    warmth = 0.985 * warmth + 0.5 * normal();
    return 7 + 4 * Math.cos((2 * Math.PI * (hour - 15)) / 24) + warmth;
  });
  const rows = stations.flatMap(({ name, base, heating, peak }) => {
    let noise = 0;
    return temperatures.map((temperature, index) => {
      const hour = index % 24;
      const isWorkday = Math.floor(index / 24) % 7 < 5;
      noise = 0.9 * noise + 0.012 * base * normal();
      const profile = (isWorkday ? 0.3 : 0.12) * peakAt(hour, 9, 3) + 0.25 * peakAt(hour, peak, 2.5);
      const load = base * (0.8 + profile) + heating * Math.max(0, 15 - temperature) + noise;
      const time = new Date(firstHour + index * 3_600_000).toISOString().slice(0, 16);
      return `${time},${name},${temperature.toFixed(1)},${load.toFixed(1)}`;
    });
  });
  return ["time,station,temperature,load", ...rows, ""].join("\n");
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  writeFileSync(new URL("load.csv", import.meta.url), loadOfStations());
