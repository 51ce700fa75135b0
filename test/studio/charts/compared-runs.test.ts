// What the live page needs to compare runs: smoothing, and logs of earlier runs. If a test fails, a curve shows
// values that the run did not have, or a file that is not a log is drawn.
import { describe, expect, it } from "vitest";
import { parseEpochLog } from "../../../src/studio/charts/epoch-log.ts";
import { smoothed } from "../../../src/studio/charts/smooth.ts";

describe("a smoothed curve", () => {
  it("is the curve itself for the weight 0, and stays constant where the curve is", () => {
    expect(
      smoothed(
        [
          [1, 4],
          [2, 8],
        ],
        0,
      ),
    ).toEqual([
      [1, 4],
      [2, 8],
    ]);
    for (const [, y] of smoothed(
      [
        [1, 3],
        [2, 3],
        [3, 3],
      ],
      0.9,
    ))
      expect(y).toBeCloseTo(3, 12);
  });
  it("is the average with weights that fall by β for each step back", () => {
    const [, second, third] = smoothed(
      [
        [1, 1],
        [2, 2],
        [3, 4],
      ],
      0.5,
    );
    expect(second).toEqual([2, (0.5 * 1 + 2) / 1.5]);
    expect(third[1]).toBeCloseTo((0.25 * 1 + 0.5 * 2 + 4) / 1.75, 12);
  });
  it("keeps values that are not finite, without an effect on later values", () => {
    const [, broken, last] = smoothed(
      [
        [1, 2],
        [2, NaN],
        [3, 2],
      ],
      0.9,
    );
    expect(broken[1]).toBeNaN();
    expect(last[1]).toBeCloseTo(2, 12);
  });
});

describe("the log of an earlier run", () => {
  const line =
    '{"epoch":1,"loss":0.5,"metrics":{"accuracy":0.9},"validation":{"loss":0.6},"learningRate":0.1,"best":true}\n';
  it("has one report per line; the incomplete last line of a running command is ignored", () => {
    const [report, ...others] = parseEpochLog(`${line}{"epoch":2,`);
    expect(others).toEqual([]);
    expect(report).toEqual(JSON.parse(line));
  });
  it("may contain values that are not finite, which are null in JSON", () => {
    const [report] = parseEpochLog(line.replace("0.5", "null"));
    expect(report.loss).toBeNaN();
  });
  it.each([
    ["no lines", "", "the file is not a log of `train --log`: it has no complete line"],
    ["another text", `${line}hello\n`, "line 2 was not written by `train --log`"],
    ["a missing loss", line.replace('"loss":0.5,', ""), "line 1 was not written by `train --log`"],
    ["a metric that is a text", line.replace("0.9", '"<b>"'), "line 1 was not written by `train --log`"],
  ])("is refused with %s", (_, text, message) => {
    expect(() => parseEpochLog(text)).toThrow(message);
  });
});
