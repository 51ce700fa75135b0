// The choice of elementary functions that an emitted module contains. If a test fails, f32 trainers spend
// time on the precision of doubles, or f64 trainers have only the precision of f32.
import { expect, test } from "vitest";
import { collectParts } from "../../../../src/compiler/emit/typescript/runtime-parts.ts";
import type { RuntimeName } from "../../../../src/compiler/runtime-references.ts";
import { loadRuntime } from "../../../../src/compiler/emit/typescript/load-runtime.ts";

const roots: readonly RuntimeName[] = [
  "exp",
  "expm1",
  "log",
  "log1p",
  "tanh",
  "sigmoid",
  "erf",
  "sin",
  "cos",
  "power",
  "normal",
  "byProbability",
];
const partsOf = async (float: "f32" | "f64") => collectParts(await loadRuntime(float), roots);
const namesOf = async (float: "f32" | "f64") => (await partsOf(float)).map(({ name }) => name);

test("modules in f32 contain only the short forms, and modules in f64 only the exact ones", async () => {
  const [single, double] = [await namesOf("f32"), await namesOf("f64")];
  for (const name of ["exp2", "log2"])
    expect([single.includes(name), double.includes(name)]).toEqual([true, false]);
  for (const name of ["rootsOfTwo", "log1pRest", "productError", "tanhOfSixteenths"])
    expect([single.includes(name), double.includes(name)]).toEqual([false, true]);
});

test("both element types have each function, under the same name and in the same chapter", async () => {
  for (const float of ["f32", "f64"] as const) {
    const parts = await partsOf(float);
    expect(parts.flatMap(({ name }) => roots.filter((root) => root === name)).sort()).toEqual(
      [...roots].sort(),
    );
    expect(parts.find(({ name }) => name === "tanh")?.chapter).toBe("numbers");
  }
});
