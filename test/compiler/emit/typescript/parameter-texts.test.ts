// Trained parameters as text in a predictor. If a test fails, the numbers in the text differ from the trained
// ones.
import fc from "fast-check";
import { expect, it } from "vitest";
import {
  base64Lines,
  bytesOfNumbers,
  numberText,
} from "../../../../src/compiler/emit/typescript/parameter-texts.ts";
import { bytesIn } from "../../../../src/runtime/step/memory.ts";

it("the text of an f32 number reads back as the same number", () => {
  fc.assert(
    fc.property(fc.float(), (value) => {
      expect(Math.fround(Number(numberText(value, "f32")))).toBe(value);
    }),
    { numRuns: 2000 },
  );
});

it("the text of an f64 number reads back as the same number", () => {
  fc.assert(
    fc.property(fc.double(), (value) => {
      expect(Number(numberText(value, "f64"))).toBe(value);
    }),
  );
});

it("the text of a number is as short as possible", () => {
  expect(numberText(Math.fround(0.1), "f32")).toBe("0.1");
  expect(numberText(16777216, "f32")).toBe("16777216");
  expect(numberText(-0, "f32")).toBe("-0");
  expect(numberText(Math.fround(1e-45), "f32")).toBe("1e-45");
});

it.each(["f32", "f64"] as const)("base64 preserves the bytes of %s", (float) => {
  const numbers = Array.from({ length: 301 }, (_, i) => Math.fround(Math.sin(i) * 10 ** (i % 9)));
  const { buffer } = bytesIn(base64Lines(bytesOfNumbers([numbers], float)));
  expect([...(float === "f32" ? new Float32Array(buffer) : new Float64Array(buffer))]).toEqual(numbers);
});
