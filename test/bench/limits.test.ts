// The limits of size, and how compiling grows: what does not depend on how fast the machine is. Speeds are measured by
// `npm run bench`.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { towerCompile } from "./compile-times.ts";
import { sizesOf } from "./emitted.ts";

describe("what an emitted file weighs", () => {
  test("the trainer of digits is under 12 kB minified and gzipped: only what a model needs is copied in", async () => {
    const code = await readFile(new URL("../../generated/digits.ts", import.meta.url), "utf8");
    expect((await sizesOf(code)).gzipped).toBeLessThan(12_000);
  });
});

describe("ten times the layers", () => {
  test("compile in under twelve times the time and in less than ten times the bytes: equal kernels are shared", async () => {
    await towerCompile(20, 1); // loads the compiler
    const [low, high] = [await towerCompile(20, 2), await towerCompile(200, 2)];
    expect(high.milliseconds / low.milliseconds).toBeLessThan(12);
    expect(high.bytes / low.bytes).toBeLessThan(10);
  }, 180_000);
});
