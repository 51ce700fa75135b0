// Invalid specs and invalid data on the command line. If a test fails, an error leads to a stack trace, a
// wrong exit code, a diagnostic without a location, or an output file.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

let place: Workspace;
beforeEach(() => {
  place = workspace();
});
afterEach(() => {
  expect(place.made()).toEqual([]);
  place.remove();
});

const [hidden, scores] = flowers.network;
const withNetwork = (...network: readonly object[]) => ({ ...flowers, network });

describe("an invalid spec is reported", () => {
  it.each([
    [
      "shapes that do not fit",
      withNetwork(hidden, { type: "add", from: ["dense1", "size"] }, scores),
      ["T1308", "network[1]"],
    ],
    [
      "an unknown key",
      withNetwork({ ...hidden, unts: 3 }, scores),
      ['network[0]: unknown key "unts"', 'did you mean "units"'],
    ],
    [
      "negative units",
      withNetwork({ ...hidden, units: -3 }, scores),
      ["T1203", "network[0].units must be a positive integer, got -3"],
    ],
    ["a loss that does not fit the target", { ...flowers, loss: "mse" }, ["T140", "mse"]],
    ["huge units", withNetwork({ ...hidden, units: 1e9 }, scores), ["T1312", "2 GiB"]],
    [
      "more units than an integer can count",
      withNetwork({ ...hidden, units: 1e300 }, scores),
      ["network[0].units"],
    ],
    [
      "a layer called constructor",
      withNetwork({ ...hidden, name: "constructor" }, scores),
      ["T130", "constructor"],
    ],
    [
      "a layer whose name is code",
      withNetwork({ ...hidden, name: 'a"; process.exit()//' }, scores),
      ["T130", "network[0].name"],
    ],
    [
      "a layer called __proto__",
      withNetwork({ ...hidden, name: "__proto__" }, scores),
      ["T130", "__proto__"],
    ],
    [
      "an unknown layer",
      withNetwork({ ...hidden, type: "dens" }, scores),
      ["network[0].type", 'did you mean "dense"'],
    ],
    [
      "a sequence layer without a sequence",
      withNetwork({ type: "lstm", units: 3 }, scores),
      ["T1308", "lstm1 must read a sequence [n, length, units]"],
    ],
    [
      "a step that stops the gradient",
      withNetwork({ ...hidden, activation: "step" }, scores),
      ["T1501", "straight-through", "sigmoid", "perceptron"],
    ],
    ["a missing key", { ...flowers, optimizer: undefined }, ["optimizer is missing", "one of sgd,"]],
  ])("%s", async (_, spec, said) => {
    place.write("flowers.json", spec);
    expectRefusal(
      await place.run("compile", "flowers.json"),
      /^flowers\.json:\d+:\d+ error T\d{4}: /m,
      ...said,
    );
  });

  it.each([
    ["an input called __proto__", JSON.stringify(flowers).replace('{"size":', '{"__proto__":'), "__proto__"],
    [
      "an input called constructor",
      JSON.stringify(flowers).replace('{"size":', '{"constructor":'),
      "constructor",
    ],
    [
      "an input whose name is code",
      JSON.stringify(flowers).replace('{"size":', '{"a\\"; process.exit()//":'),
      "process.exit",
    ],
    ["a duplicate key", JSON.stringify(flowers).replace("{", '{"loss": "mse", '), "duplicate key"],
    ["text that is not JSON", "{ network: 3 }", "double quotes"],
    ["truncated text", JSON.stringify(flowers).slice(0, 100), "T1005"],
    ["a list", "[]", "the spec must be an object"],
    ["an empty file", "", "the file is empty"],
  ])("%s", async (_, text, said) => {
    place.write("flowers.json", text);
    expectRefusal(
      await place.run("compile", "flowers.json"),
      /^flowers\.json(:\d+:\d+)? error T\d{4}: /m,
      said,
    );
  });

  it("with all its errors together, each with its line marked", async () => {
    place.write("flowers.json", {
      ...withNetwork({ ...hidden, units: -3 }, { ...scores, units: 0 }),
      loss: "cross-entorpy",
    });
    const outcome = await place.run("compile", "flowers.json");
    expectRefusal(outcome, "network[0].units", "network[1].units", "cross-entropy");
    expect(outcome.stderr.match(/^> +\d+ \| /gm)).toHaveLength(3);
  });

  it("also if it is a missing file, with the most similar name", async () => {
    place.write("flowers.json", flowers);
    expectRefusal(
      await place.run("compile", "flower.json"),
      "flower.json error T1001: the file does not exist",
      'did you mean "flowers.json"?',
    );
  });

  it("also if it is a TypeScript spec that throws", async () => {
    place.write("flowers.ts", "throw new Error('not today');");
    expectRefusal(await place.run("compile", "flowers.ts"), "T1009", "not today");
  });

  it.each(["process.exit(0);", "await new Promise(() => {});"])(
    "also if it is a TypeScript spec that ends the process: %s",
    async (text) => {
      place.write("flowers.ts", `${text}\nexport default {};`);
      expectRefusal(
        await place.start("compile", "flowers.ts"),
        "flowers.ts error T1009: the process ends while the file runs",
      );
    },
  );
});

describe("invalid data is reported", () => {
  const train = async (csv: string, ...args: readonly string[]) => {
    place.write("flowers.json", flowers);
    place.write("flowers.csv", csv);
    return place.run("train", "flowers.json", ...args);
  };
  const lines = flowersCsv.split("\n");
  const withLine = (index: number, line: string) => lines.with(index, line).join("\n");

  it("if a column is missing", async () => {
    expectRefusal(
      await train(flowersCsv.replace("width", "breadth")),
      /flowers\.json:\d+:\d+ error T2007: .*flowers\.csv has no column "width"/,
    );
  });

  it("if a cell of a numeric column is text", async () => {
    expectRefusal(await train(withLine(4, "1.0,wide,0")), /flowers\.csv:5 error T2004: .*width.*wide/);
  });

  it("if a cell is NaN", async () => {
    expectRefusal(await train(withLine(4, "NaN,1.0,0")), /flowers\.csv:5 error T2004: .*length.*NaN/);
  });

  it("if a cell is empty", async () => {
    expectRefusal(await train(withLine(4, ",1.0,0")), /flowers\.csv:5 error T2004: .*length.*empty/);
  });

  it("if a class index is out of range", async () => {
    expectRefusal(await train(withLine(7, "1.0,1.0,3")), /flowers\.csv:8 error T2004: .*kind.*3/);
  });

  it("if a row has too few cells", async () => {
    expectRefusal(await train(withLine(7, "1.0,1.0")), /flowers\.csv:8 error T2003: /);
  });

  it("if there are too few rows for the splits", async () => {
    expectRefusal(await train(lines.slice(0, 2).join("\n")), "the other splits need all 1 rows");
  });

  it("if the file does not exist", async () => {
    expectRefusal(
      await train(flowersCsv, "--data", "none.csv"),
      "none.csv error T2001: cannot read the data: no such file or folder",
    );
  });

  it("if a file that the spec names does not exist, with the location in the spec", async () => {
    place.write("flowers.json", { ...flowers, data: { ...flowers.data, file: "none.csv" } });
    expectRefusal(
      await place.run("train", "flowers.json"),
      /^flowers\.json:\d+:\d+ error T2001: data\.file: cannot read "none\.csv": no such file or folder/,
    );
  });

  it("if the file of test rows is a folder", async () => {
    const { file, ...columns } = flowers.data;
    const { test: _, ...training } = flowers.training;
    place.write("flowers.csv", flowersCsv);
    place.write("flowers.json", { ...flowers, training, data: { ...columns, train: file, test: "." } });
    expectRefusal(
      await place.run("train", "flowers.json"),
      /error T2001: data\.test: cannot read "\.": it is a folder/,
    );
  });

  it("if the spec has no data section", async () => {
    const { data: _, ...rest } = flowers;
    place.write("bare.json", rest);
    expectRefusal(await place.run("train", "bare.json"), "bare.json error T2005: ", 'no "data" section');
  });
});
