// The page docs/series.md. If a test fails, a command does not run, its output differs from the page, or an
// example is invalid.
import { readFileSync } from "node:fs";
import { afterAll, expect, test } from "vitest";
import { parse } from "yaml";
import { parseModel } from "../../src/compiler/spec/parse-model.ts";
import { commandsOf, docFolder, docPage } from "../support/doc-page.ts";

const page = docPage("docs/series.md");
const folder = docFolder();
afterAll(() => folder.remove());

test("the commands run: the first prints the page's output, the last forecasts 12 hours of each station", async () => {
  const [train, predict] = page.blocks("sh").flatMap(commandsOf);
  const [result] = page.blocks("");
  expect((await folder.run(train)).stdout).toBe(result);
  const { code, stdout } = await folder.run(predict);
  expect(code).toBe(0);
  // An input reads the calendar of the future, so the last windows end with the file.
  const lines = stdout.trimEnd().split("\n");
  expect(lines[0]).toMatch(/^station,time,load\+1,.*,load\+12$/);
  expect(
    lines.filter((line) => line.includes(",2024-03-10T11:00,")).map((line) => line.split(",")[0]),
  ).toEqual(["north", "south"]);
}, 120_000);

test("the examples are those of the graph, or are valid in a spec", () => {
  const [yaml] = page.blocks("yaml");
  const graph = parse(readFileSync(new URL("../../graphs/load.yaml", import.meta.url), "utf8"));
  expect(parse(yaml).data).toEqual(graph.data);
  const [files, folds] = page.blocks("json").map((text) => JSON.parse(`{ ${text} }`));
  const sales = {
    name: "sales",
    inputs: { past: { shape: [28, 1] } },
    targets: { sales: { shape: [7] } },
    network: [{ type: "flatten" }, { type: "dense", units: 7 }],
    loss: "mse",
    optimizer: "adam",
    training: { epochs: 1, batchSize: 8 },
  };
  const { train, ...others } = files.data;
  expect(parseModel({ ...sales, ...files }).data).toMatchObject({
    file: train,
    validation: others.validation,
    test: others.test,
  });
  expect(parseModel({ ...graph, ...folds }).training.validation).toEqual(folds.training.validation);
});
