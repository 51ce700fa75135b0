// The choice of a row of a table, such as a loss with its options. If a test fails, the short form of a
// choice does not mean the same as the long form.
import { expect, it } from "vitest";
import * as z from "zod";
import { choice } from "../../../src/compiler/util/choice.ts";

const table = {
  plain: { about: "Nothing to set.", keys: {} },
  huber: { about: "Squared, then straight.", keys: { delta: z.number().default(1) } },
  uniform: { about: "Between two ends.", keys: { min: z.number() } },
};
const isFunction = (value: unknown) => typeof value === "function";
const schema = choice(table, { frozen: z.boolean().default(false) });

it("expands the short form, with defaults and common keys", () => {
  expect(schema.parse("huber")).toEqual({ type: "huber", delta: 1, frozen: false });
  expect(schema.parse("huber")).toEqual(schema.parse({ type: "huber" }));
});

it("reports a required key that the short form leaves out", () => {
  const result = schema.safeParse("uniform");
  expect(
    result.error?.issues.some((issue) => issue.path.join() === "min" || issue.code === "invalid_union"),
  ).toBe(true);
});

it("accepts the user-defined row without a type, or as a function alone", () => {
  const own = choice({
    ...table,
    formula: { about: "One's own.", keys: { formula: z.union([z.string(), z.custom(isFunction)]) } },
  });
  expect(own.parse({ formula: "x" })).toEqual({ type: "formula", formula: "x" });
  expect(own.parse({ type: "formula", formula: "x" })).toEqual({ type: "formula", formula: "x" });
  expect(own.parse(isFunction)).toEqual({ type: "formula", formula: isFunction });
  expect(own.safeParse({ formula: "x", delta: 1 }).success).toBe(false);
  expect(own.safeParse({ type: "plain", formula: "x" }).success).toBe(false);
  expect(schema.safeParse(isFunction).success).toBe(false);
});

it("rejects the keys of another row", () => {
  expect(schema.safeParse({ type: "plain", delta: 1 }).success).toBe(false);
});

it("has both forms in its JSON Schema", () => {
  const forms = z.toJSONSchema(schema, { io: "input" });
  expect(JSON.stringify(forms)).toContain('"enum":["plain","huber","uniform"]');
  expect(JSON.stringify(forms)).toContain('"description":"Squared, then straight."');
});
