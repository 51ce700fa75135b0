// Reading JSON with places: the values must be those of JSON.parse, and each fault must be found where it stands.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readJson } from "../../../../src/compiler/spec/read/json.ts";
import { nodeAt } from "../../../../src/compiler/spec/read/placed.ts";

it("reads what JSON.parse reads", () => {
  fc.assert(
    fc.property(fc.json(), fc.constantFrom("", " ", "\n"), (text, space) => {
      const spaced = space + JSON.stringify(JSON.parse(text), null, space) + space;
      expect(readJson(spaced).faults).toEqual([]);
      expect(readJson(spaced).value).toEqual(JSON.parse(spaced));
    }),
  );
});

it("refuses what JSON.parse refuses", () => {
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
      const { faults } = readJson(text);
      if (refused) expect(faults).not.toEqual([]);
      else expect(faults.filter(({ code }) => code !== "T1007")).toEqual([]);
    }),
    { numRuns: 2000 },
  );
});

it("knows the place of every value and key", () => {
  const text = '{ "network": [ { "units": -3 } ] }';
  const { placed } = readJson(text);
  if (!placed) throw new Error("no places");
  const { node } = nodeAt(placed, ["network", 0, "units"]);
  expect(text.slice(node.start, node.end)).toBe("-3");
  expect(text.slice(node.key?.start, node.key?.end)).toBe('"units"');
  expect(nodeAt(placed, ["network", 0, "bias", "x"])).toEqual({
    node: nodeAt(placed, ["network", 0]).node,
    exact: false,
  });
});

it("keeps __proto__ an ordinary key", () => {
  const { value } = readJson('{ "__proto__": { "a": 1 } }');
  expect(Object.keys(value ?? {})).toEqual(["__proto__"]);
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});

describe("faults", () => {
  it.each([
    ['{ "a": 1, }', 8, 'JSON has no comma before "}"'],
    ["[1, 2,]", 5, 'JSON has no comma before "]"'],
    ['{ "a": 1 "b": 2 }', 9, '"," or "}" is missing here'],
    ['{ "a" 1 }', 6, '":" is missing after the key'],
    ["{ a: 1 }", 2, "keys stand in double quotes in JSON"],
    ["{ 'a': 1 }", 2, "keys stand in double quotes in JSON"],
    ["{ , }", 2, "a key in double quotes is missing here"],
    ["{ \"a\": 'b' }", 7, "strings stand in double quotes in JSON"],
    ['{ "a": }', 7, "a value is missing here"],
    ['{ "a": relu }', 7, "this is no JSON value"],
    ['{ "a": 01 }', 7, "this is no JSON value"],
    ['{ "a": NaN }', 7, "this is no JSON value"],
    ['{ "a": "b }', 7, 'this string has no closing " on its line'],
    ['{ "a": "\\x" }', 7, "this string holds a backslash sequence that JSON does not have"],
    ['{ "a": 1', 8, '"," or "}" is missing here'],
    ['{ "a":', 6, "the text ends too early"],
    ['{ // why\n "a": 1 }', 2, "JSON has no comments"],
    ["{} {}", 3, "there is more text after the end of the spec"],
  ])("%s", (text, start, message) => {
    expect(readJson(text).faults).toMatchObject([{ code: "T1005", message, span: { start } }]);
  });

  it("finds all keys that are given twice, escapes or not", () => {
    const { faults } = readJson('{ "a": 1, "b": { "c": 1, "c": 2 }, "\\u0061": 3 }');
    expect(faults).toMatchObject([
      { code: "T1007", message: 'the key "c" is given twice', span: { start: 25 }, other: { start: 17 } },
      { code: "T1007", message: 'the key "a" is given twice', span: { start: 35 }, other: { start: 2 } },
    ]);
  });

  it("stops at nesting that no spec has, before the stack does", () => {
    expect(readJson("[".repeat(1_000_000)).faults).toMatchObject([
      { code: "T1006", message: "nested deeper than 100 levels" },
    ]);
  });
});
