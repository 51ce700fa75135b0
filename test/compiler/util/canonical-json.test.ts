// Canonical JSON. Equal trees must have equal texts. If a test fails, the hash of a spec depends on the order
// of its keys.
import fc from "fast-check";
import { expect, it } from "vitest";
import { canonicalJson } from "../../../src/compiler/util/json.ts";

it("sorts keys at every depth and leaves undefined members out", () => {
  expect(canonicalJson({ b: [{ d: 1, c: "x" }], a: undefined, A: null })).toBe(
    '{"A":null,"b":[{"c":"x","d":1}]}',
  );
});

it("is JSON of the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

it("does not depend on the order of keys", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.integer()), (record) => {
      expect(canonicalJson(Object.fromEntries(Object.entries(record).reverse()))).toBe(canonicalJson(record));
    }),
  );
});

it("distinguishes functions by their text, and a function from a string with that text", () => {
  const f = (x: number) => x + 1;
  expect(canonicalJson({ f })).toBe(canonicalJson({ f: (x: number) => x + 1 }));
  expect(canonicalJson({ f })).not.toBe(canonicalJson({ f: (x: number) => x + 2 }));
  expect(canonicalJson([f])).not.toBe(canonicalJson([null]));
});
