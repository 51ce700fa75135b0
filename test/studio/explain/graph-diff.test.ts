// The difference between two graphs. If a test fails, the view of passes hides a change or shows a false one.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { graphDiff } from "../../../src/studio/explain/graph-counts.ts";

const text = (...lines: string[]): string => `${lines.join("\n")}\n`;
const shown = (before: string, after: string): string[] =>
  graphDiff(before, after).map(({ sign, text }) => `${sign} ${text}`);
const [a, b, c] = ["%a: f32[] = input", "%b: f32[] = exp %a", "%c: f32[] = log %b"];

describe("graphDiff", () => {
  it("is empty for equal graphs", () => expect(shown(text(a, b), text(a, b))).toEqual([]));

  it("shows a changed definition as its old line above its new one", () => {
    const otherwise = "%b: f32[] = tanh %a";
    expect(shown(text(a, b, c), text(a, otherwise, c))).toEqual([
      `  ${a}`,
      `- ${b}`,
      `+ ${otherwise}`,
      `  ${c}`,
    ]);
  });

  it("shows removed and added lines at their positions", () => {
    expect(shown(text(a, b, c), text(a, c))).toEqual([`  ${a}`, `- ${b}`, `  ${c}`]);
    expect(shown(text(b, c), text(c))).toEqual([`- ${b}`, `  ${c}`]);
    expect(shown(text(a, c), text(a, b, c))).toEqual([`  ${a}`, `+ ${b}`, `  ${c}`]);
  });

  it("does not report a moved line as changed", () =>
    expect(shown(text(a, b, c), text(b, a, c))).toEqual([]));

  it("marks omitted lines between two changes", () => {
    const many = Array.from({ length: 9 }, (_, i) => `%k${i}: f32[] = input`);
    const lines = shown(text(b, ...many, c), text(...many));
    expect(lines).toEqual([`- ${b}`, `  ${many[0]}`, "  …", `  ${many[8]}`, `- ${c}`]);
  });

  it("shows an output with another value as a change", () => {
    const [before, after] = ['output "result:loss" = %a', 'output "result:loss" = %b'];
    expect(shown(text(a, b, before), text(a, b, after))).toEqual([`  ${b}`, `- ${before}`, `+ ${after}`]);
  });

  const graph = fc
    .uniqueArray(fc.tuple(fc.nat(12), fc.nat(3)), { selector: ([name]) => name })
    .map((lines) => text(...lines.map(([name, of]) => `%v${name}: f32[] = exp %w${of}`)));
  it("has every removed and every added line once", () => {
    const isTrue = (before: string, after: string): void => {
      const diff = graphDiff(before, after);
      const of = (sign: string) => diff.filter((line) => line.sign === sign).map((line) => line.text);
      const [old, fresh] = [before, after].map((each) => each.trimEnd().split("\n"));
      expect(of("-").sort()).toEqual(old.filter((line) => !fresh.includes(line)).sort());
      expect(of("+").sort()).toEqual(fresh.filter((line) => !old.includes(line)).sort());
    };
    fc.assert(fc.property(graph, graph, isTrue), { seed: 6 });
  });
});
