// Reading JSON with locations. If a test fails, a value differs from that of JSON.parse, or an error has a
// wrong location.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../../../src/compiler/spec/read/json.ts";
import { nodeAt } from "../../../../src/compiler/spec/read/locations.ts";

it("reads what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom("", " ", "\n"), (text, space) => {
      const spaced = space + JSON.stringify(JSON.parse(text), null, space) + space;
      expect(readJson(spaced).errors).toEqual([]);
      expect(readJson(spaced).value).toEqual(JSON.parse(spaced));
    }),
  );
});

it("rejects what JSON.parse rejects", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."{}[]\",:0123.eE+-\\ntrufalse '/ ") }), (text) => {
      const refused = (() => {
        try {
          JSON.parse(text);
          return false;
        } catch {
          return true;
        }
      })();
      const { errors } = readJson(text);
      if (refused) expect(errors).not.toEqual([]);
      else expect(errors.filter(({ code }) => code !== "T1007")).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

it("knows the location of every value and key", () => {
  const text = '{ "network": [ { "units": -3 } ] }';
  const { located } = readJson(text);
  if (!located) throw new Error("no places");
  const { node } = nodeAt(located, ["network", 0, "units"]);
  expect(text.slice(node.start, node.end)).toBe("-3");
  expect(text.slice(node.key?.start, node.key?.end)).toBe('"units"');
  expect(nodeAt(located, ["network", 0, "bias", "x"])).toEqual({
    node: nodeAt(located, ["network", 0]).node,
    exact: false,
  });
});

it("keeps __proto__ an ordinary key", () => {
  const { value } = readJson('{ "__proto__": { "a": 1 } }');
  expect(Object.keys(value ?? {})).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

describe("reports the location of an error", () => {
  it.each([
    ['{ "a": 1, }', 8, 'JSON does not allow a comma before "}"'],
    ["[1, 2,]", 5, 'JSON does not allow a comma before "]"'],
    ['{ "a": 1 "b": 2 }', 9, 'expected "," or "}"'],
    ['{ "a" 1 }', 6, 'expected ":" after the key'],
    ["{ a: 1 }", 2, "JSON keys must be in double quotes"],
    ["{ 'a': 1 }", 2, "JSON keys must be in double quotes"],
    ["{ , }", 2, "expected a key in double quotes"],
    ["{ \"a\": 'b' }", 7, "JSON strings must be in double quotes"],
    ['{ "a": }', 7, "expected a value"],
    ['{ "a": relu }', 7, "this is not a valid JSON value"],
    ['{ "a": 01 }', 7, "this is not a valid JSON value"],
    ['{ "a": NaN }', 7, "this is not a valid JSON value"],
    ['{ "a": "b }', 7, 'the string must end with " on the same line'],
    ['{ "a": "\\x" }', 7, "the string contains an invalid escape sequence"],
    ['{ "a": 1', 8, 'expected "," or "}"'],
    ['{ "a":', 6, "unexpected end of the file"],
    ['{ // why\n "a": 1 }', 2, "JSON does not allow comments"],
    ["{} {}", 3, "unexpected text after the end of the spec"],
  ])("%s", (text, start, message) => {
    expect(readJson(text).errors).toMatchObject([{ code: "T1005", message, span: { start } }]);
  });

  it("reports all duplicate keys, with or without escapes", () => {
    const { errors } = readJson('{ "a": 1, "b": { "c": 1, "c": 2 }, "\\u0061": 3 }');
    expect(errors).toMatchObject([
      { code: "T1007", message: 'duplicate key "c"', span: { start: 25 }, other: { start: 17 } },
      { code: "T1007", message: 'duplicate key "a"', span: { start: 35 }, other: { start: 2 } },
    ]);
  });

  it("stops at excessive nesting, before the stack overflows", () => {
    expect(readJson("[".repeat(1_000_000)).errors).toMatchObject([
      { code: "T1006", message: "the spec is nested deeper than 100 levels" },
    ]);
  });
});
