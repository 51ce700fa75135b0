// If the collector threw early or swallowed an error, a user would meet faults one by one, or not at all.
import { expect, it } from "vitest";
import { collector } from "../../../src/compiler/diagnostics/errors.ts";

it("throws all errors at once, warnings after them", () => {
  const problems = collector();
  problems.warning(["a"], "T1306", "a is doubtful");
  problems.error(["b"], "T1203", "b is wrong", { hint: "right it" });
  problems.error(["c"], "T1203", "c is wrong");
  expect(() => problems.throwErrors()).toThrow(
    "error T1203: b is wrong\n  hint: right it\nerror T1203: c is wrong\nwarning T1306: a is doubtful",
  );
});

it("returns the warnings when there is nothing worse", () => {
  const problems = collector();
  problems.warning(["a"], "T1306", "a is doubtful");
  expect(problems.throwErrors()).toMatchObject([{ code: "T1306", path: ["a"] }]);
});
