// The names of storage, which only one file builds and parses. If a test fails, a value is read from the
// wrong storage.
import { describe, expect, it } from "vitest";
import {
  gradientStorage,
  measureOfSummary,
  nameIn,
  storageIn,
  storageParts,
  sumOfTotal,
  summaryStorage,
  totalStorage,
} from "../../../src/compiler/ir/storage.ts";

describe("a name of storage", () => {
  it("is parsed to the parts from which it was built", () => {
    expect(gradientStorage("dense1.weight")).toBe("gradient:dense1.weight");
    expect(storageParts("gradient:dense1.weight")).toEqual({ space: "gradient", name: "dense1.weight" });
    expect(nameIn("gradient", storageIn("gradient", "b"))).toBe("b");
    expect(nameIn("result", gradientStorage("b"))).toBeUndefined();
  });
  it("of parameters, inputs and targets has no space", () => {
    expect(storageParts("dense1.weight")).toEqual({ space: undefined, name: "dense1.weight" });
    expect(storageParts("gradient")).toEqual({ space: undefined, name: "gradient" });
  });
  it("with an unknown space is a name without a space", () => {
    expect(storageParts("elsewhere:x")).toEqual({ space: undefined, name: "elsewhere:x" });
  });
  it("in a group returns the name in the group", () => {
    expect(measureOfSummary(summaryStorage("accuracy"))).toBe("accuracy");
    expect(measureOfSummary(storageIn("result", "loss"))).toBeUndefined();
    expect(sumOfTotal("loss", totalStorage("loss", "count"))).toBe("count");
    expect(sumOfTotal("los", totalStorage("loss", "count"))).toBeUndefined();
  });
});
