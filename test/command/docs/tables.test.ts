// The tables of the generated documentation. If a test fails, a table is malformed or incomplete. (`npm run
// check:generated` checks whether the pages are current.)
import { describe, expect, it } from "vitest";
import { optionsTable } from "../../../src/command/docs/command-tables.ts";
import { diagnosticSections } from "../../../src/command/docs/diagnostic-lists.ts";
import { membersTable } from "../../../src/command/docs/interface-tables.ts";
import { prose, table } from "../../../src/command/docs/markdown.ts";
import { choiceTable, keysTable } from "../../../src/command/docs/spec-tables.ts";
import { diagnosticCodes } from "../../../src/compiler/diagnostics/codes.ts";
import { layers } from "../../../src/compiler/library/layers/index.ts";
import { losses } from "../../../src/compiler/library/losses/index.ts";
import { optimizers } from "../../../src/compiler/library/optimizers/index.ts";
import { modelSchema } from "../../../src/compiler/spec/schema.ts";

const firstCells = (markdown: string): string[] =>
  [...markdown.matchAll(/^\| `([^`]*)`/gm)].map(([, cell = ""]) => cell);

describe("Markdown", () => {
  it("keeps a cell in one line, without bars that would end it", () => {
    expect(table(["a", "b"], [["x | y", "1\n2"]])).toBe("| a | b |\n| --- | --- |\n| x \\| y | 1 2 |");
  });
  it("turns descriptions into sentences, but not formulas", () => {
    expect(prose("write a file")).toBe("Write a file.");
    expect(prose("a <name>")).toBe("A &lt;name>.");
    expect(prose("y = x")).toBe("y = x.");
    expect(prose("f32 for real numbers.")).toBe("f32 for real numbers.");
  });
});

describe("the spec reference", () => {
  it("has every key of a spec and of its training", () => {
    expect(firstCells(keysTable("."))).toEqual(Object.keys(modelSchema.shape));
    expect(firstCells(keysTable("training"))).toEqual(Object.keys(modelSchema.shape.training.shape));
  });
  it("has every layer and block, loss and optimizer", () => {
    const blocks = ["residual", "repeat", "bidirectional"];
    const inJson = Object.keys(layers).filter((name) => name !== "custom");
    expect(firstCells(choiceTable("network.*"))).toEqual([...inJson, ...blocks]);
    expect(firstCells(choiceTable("loss"))).toEqual(Object.keys(losses));
    expect(firstCells(choiceTable("optimizer"))).toEqual(Object.keys(optimizers));
  });
  it("rejects a path that is not in the schema", () => {
    expect(() => keysTable("training.nothing")).toThrow("no such member");
  });
});

it("the command-line reference has the options of a command", () => {
  expect(firstCells(optionsTable("schema"))).toEqual(["-o, --output <file>", "--check"]);
});

it("the diagnostics reference has a heading for every code", () => {
  const headings = [...diagnosticSections().matchAll(/^### (T\d{4}): /gm)].map(([, code]) => code);
  expect(headings).toEqual(Object.keys(diagnosticCodes));
});

it("the API reference has the members of an interface, and requires that its name is unique", () => {
  expect(firstCells(membersTable("FitOptions"))).toContain("epochs?: number");
  expect(() => membersTable("NoSuchInterface")).toThrow("0 exported interfaces");
});
