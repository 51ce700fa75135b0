// Specs with arbitrary values: values that throw when they are read, lists of billions of elements, thousands
// of errors. Each must be reported after a bounded amount of work. If a test fails, such a spec makes the
// compiler crash or hang.
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { DiagnosticError } from "../../../src/compiler/diagnostics/errors.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";
import { readSpec } from "../../../src/compiler/spec/read/read-spec.ts";
import { baseSpec, faultsOf, specWith } from "./base-spec.ts";

const end = { type: "dense", units: 3 };

describe("values that only a program can build", () => {
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const sparse: unknown[] = [end];
  sparse[2] = end;
  const throws = {
    get type(): string {
      throw new Error("no \u001b[31mtype");
    },
  };
  it.each<[string, Record<string, unknown>, string]>([
    ["a hole in a list of layers", { network: sparse }, "error T1102: network[1] is missing"],
    [
      "a list of four billion holes",
      { network: new Array(2 ** 32 - 1) },
      "error T1006: network has 4294967295 members; the limit for a spec is 250000 values",
    ],
    ["numbers in memory", { network: new Float64Array(2 ** 20) }, "error T1006: network has 1048576 members"],
    [
      "a getter that throws",
      { loss: throws },
      "error T1009: loss.type cannot be read: Error: no \\u001b[31mtype",
    ],
    ["a proxy that was revoked", { loss: revoked }, "error T1009: loss cannot be read: TypeError: "],
    [
      "a proxy that throws a value that is not an error",
      {
        loss: new Proxy(
          {},
          {
            ownKeys: () => {
              throw Object.create(null);
            },
          },
        ),
      },
      "error T1009: loss cannot be read: a value that cannot be shown was thrown",
    ],
    ["a bigint of a million digits", { name: 10n ** 1_000_000n }, "got a bigint of more than 128 bits"],
    ["a symbol", { name: Symbol("\u001b[2J") }, "got Symbol(\\u001b[2J)"],
  ])("%s", (_, changes, said) => {
    expect(faultsOf(specWith(changes))).toContain(said);
  });

  it("a getter is read once, and its value is checked", () => {
    let count = 0;
    const spec = Object.defineProperty(baseSpec(), "name", { enumerable: true, get: () => `m${++count}` });
    expect(parseModel(spec).name).toBe("m1");
  });
});

describe("many errors are counted, and the first hundred listed", () => {
  it.each<[string, Record<string, unknown>, number]>([
    ["wrong items", { metrics: Array.from({ length: 20_000 }, () => 7) }, 20_001],
    ["unknown keys", Object.fromEntries(Array.from({ length: 200_000 }, (_, i) => [`k${i}`, i])), 200_000],
    [
      "sources that are numbers",
      { network: [{ type: "concat", from: Array.from({ length: 20_000 }, (_, i) => i) }, end] },
      20_001,
    ],
    [
      "sources that do not exist",
      { network: Array.from({ length: 4_000 }, (_, i) => ({ ...end, from: `none${i}` })) },
      4_000,
    ],
  ])("%s", (_, changes, count) => {
    const lines = faultsOf(specWith(changes)).split("\n");
    expect(lines.filter((line) => line.startsWith("error T"))).toHaveLength(100);
    expect(lines.at(-1)).toBe(`and ${count - 100} more errors`);
  });
});

it.each<[string, Record<string, unknown>, string]>([
  [
    "sources of a layer",
    { network: [{ type: "concat", from: Array.from({ length: 600 }, () => "x") }, end] },
    "network[0].from has 600 sources",
  ],
  [
    "inputs",
    { inputs: Object.fromEntries(Array.from({ length: 600 }, (_, i) => [`x${i}`, { shape: [1] }])) },
    "inputs has 600 inputs",
  ],
  [
    "metrics",
    { metrics: Array.from({ length: 600 }, (_, i) => ({ name: `m${i}`, formula: "mean(prediction)" })) },
    "metrics has 600 metrics",
  ],
])("too many %s to compile are rejected", (_, changes, said) => {
  expect(faultsOf(specWith(changes))).toContain(`error T1312: ${said}; the limit is 512`);
});

describe("files", () => {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-hostile-"));
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = async (name: string, text?: string): Promise<string> => {
    const file = join(folder, name);
    if (text !== undefined) writeFileSync(file, text);
    const error: unknown = await readSpec(file).catch((thrown: unknown) => thrown);
    if (!(error instanceof DiagnosticError)) throw error;
    return error.message.replaceAll(`${folder}/`, "");
  };

  it("that link to a device without an end are rejected", async () => {
    symlinkSync("/dev/zero", join(folder, "zero.json"));
    expect(await read("zero.json")).toBe(
      "zero.json error T1002: the file is larger than 4.2 MB, which is the limit for a spec",
    );
  });

  it.each([
    [
      "a million values in JSON",
      "many.json",
      `[${"0,".repeat(1_000_000)}0]`,
      "error T1006: the spec has more than 250000 values, which is the limit",
    ],
    [
      "a million values in YAML",
      "many.yaml",
      `a: [${"0,".repeat(1_000_000)}0]`,
      "error T1006: the spec has more than 250000 values, which is the limit",
    ],
    [
      "the same key 20,000 times",
      "twice.json",
      `{${'\n"a": 1,'.repeat(20_000)}"b": 1}`,
      "and 19899 more errors",
    ],
    [
      "comments alone",
      "comment.yaml",
      "# nothing\n",
      "comment.yaml:1:1 error T1003: the file contains no spec",
    ],
    [
      "sequences for the terminal in YAML's own sentence",
      "esc.yaml",
      "name: |-\u001b[31mRED\u001b]0;t\u0007\n  m\n",
      "esc.yaml:1:9 error T1005: Block scalar header includes extra characters: |-\\u001b[31mRED\\u001b]0;t\\u0007",
    ],
    [
      "a TypeScript spec that throws a value without text",
      "null.ts",
      "throw Object.create(null);",
      "null.ts:1:1 error T1009: the file throws when it is run: a value that cannot be shown was thrown",
    ],
    [
      "a TypeScript spec that throws sequences for the terminal",
      "esc.ts",
      'throw new Error("\\u001b[2J");',
      "error T1009: the file throws when it is run: Error: \\u001b[2J",
    ],
    [
      "a file name with sequences for the terminal",
      "a\u001b[2J.json",
      "{",
      "a\\u001b[2J.json:1:2 error T1005",
    ],
  ])("%s", async (_, name, text, said) => {
    const message = await read(name, text);
    expect(message).toContain(said);
    expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
  });
});
