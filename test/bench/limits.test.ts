// The limits of size, and how the length of emitted code grows. What takes time or memory of the machine is measured by
// `npm run bench -- --limits`, since a busy machine would change it.
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { digitsTrainers, mostBytes, sizesOf } from "./emitted.ts";
import { tower } from "./models.ts";

describe("what an emitted file weighs", () => {
  test(
    "the trainer of digits, minified and gzipped, as a page takes it and as a program: only what a model " +
      "needs is copied in",
    async () => {
      const { whole, module } = await digitsTrainers();
      expect((await sizesOf(module)).gzipped).toBeLessThan(mostBytes.module);
      expect((await sizesOf(whole)).gzipped).toBeLessThan(mostBytes.whole);
    },
  );
});

describe("ten times the layers", () => {
  test("compile to less than ten times the bytes: equal kernels are shared", async () => {
    const bytesOf = async (layers: number) => Buffer.byteLength((await compile(tower(layers))).code);
    expect((await bytesOf(200)) / (await bytesOf(20))).toBeLessThan(10);
  });
});
