// Numbers with a sign or a unit. If a test fails, `tapeless init` silently reads prices as texts, or asks
// to remove a letter from names.
import { expect, test } from "vitest";
import { quantityCounter } from "../../../src/command/init/quantities.ts";

function signOf(...cells: readonly string[]): string | undefined {
  const counter = quantityCounter();
  cells.forEach((cell, i) => counter.add(cell, i + 2));
  return counter.profile()?.sign;
}

test.each([
  ["$4,123", "$"],
  ["-$5.20", "$"],
  ["US$ 1 000", "US$"],
  ["USD 4.5", "USD"],
  ["1.234,50 €", "€"],
  ["45%", "%"],
  ["45 %", "%"],
  ["137 m2", "m2"],
  ["137 m²", "m²"],
  ["1248 CC", "CC"],
  ["-3.5 °C", "°C"],
  ["90 km/h", "km/h"],
  ["12 sq ft", "sq ft"],
])("finds the sign of %s", (cell, sign) => expect(signOf(cell)).toBe(sign));

test.each([
  "S12",
  "ABC 12",
  "agent7",
  "12",
  "1,234",
  "12.03.2024",
  "10:30",
  "10:30 AM",
  "2024-05-01",
  "18-25 years",
  "3 or 4",
  "1.2.3",
  "$4.5M",
  "free",
  "",
  "%",
])("finds none in %s", (cell) => expect(signOf(cell)).toBeUndefined());

test("counts the most frequent sign, with its first cell", () => {
  const counter = quantityCounter();
  ["1 kg", "2 g", "3 g", "none"].forEach((cell, i) => counter.add(cell, i + 2));
  expect(counter.profile()).toEqual({ sign: "g", count: 2, text: "2 g", line: 3 });
});

test("counts a bounded number of signs", () => {
  const counter = quantityCounter();
  for (let i = 0; i < 26 * 26; i++)
    counter.add(`1 ${String.fromCharCode(97 + Math.floor(i / 26), 97 + (i % 26))}`, i);
  for (let i = 0; i < 9; i++) counter.add("1 zz", i);
  expect(counter.profile()?.count).toBe(1);
});
