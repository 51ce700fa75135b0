// Limits on the size of emitted code, and on its growth with the number of layers. If a test fails, emitted
// files have become larger. (`npm run bench -- --limits` checks time and memory, which a busy machine would
// change.)
import { describe, expect, test } from "vitest";
import { compile } from "../../src/index.ts";
import { digitsTrainers, mostBytes, sizesOf } from "./emitted.ts";
import { tower } from "./models.ts";

describe("the size of an emitted file", () => {
  test("is below its limits for digits, minified and gzipped, as a module and as a program", async () => {
    const { whole, module } = await digitsTrainers();
    expect((await sizesOf(module)).gzipped).toBeLessThan(mostBytes.module);
    expect((await sizesOf(whole)).gzipped).toBeLessThan(mostBytes.whole);
  });
});

describe("ten times as many layers", () => {
  test("compile to less than ten times the bytes, because equal kernels are shared", async () => {
    const bytesOf = async (layers: number) => Buffer.byteLength((await compile(tower(layers))).code);
    expect((await bytesOf(200)) / (await bytesOf(20))).toBeLessThan(10);
  });
});
