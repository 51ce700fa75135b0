// The limits of size, and how compiling grows: what does not depend on how fast the machine is. Speeds are measured by
// `npm run bench`.
import { describe, expect, test } from "vitest";
import { towerCompile } from "./compile-times.ts";
import { digitsTrainers, sizesOf } from "./emitted.ts";

describe("what an emitted file weighs", () => {
  test("the trainer of digits, minified and gzipped, as a page takes it and as a program: only what a model needs is copied in", async () => {
    const { whole, module } = await digitsTrainers();
    expect((await sizesOf(module)).gzipped).toBeLessThan(8_000);
    // The part that reads files, saves and predicts has grown beyond the 12 kB that the whole once kept to.
    expect((await sizesOf(whole)).gzipped).toBeLessThan(12_600);
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
