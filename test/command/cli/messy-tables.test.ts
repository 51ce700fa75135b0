// A table as a spreadsheet writes it: dates, decimal commas, missing and unseen categories, numbered classes.
// If a test fails, the command line, the program and the predictor read the table differently.
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, expect, test } from "vitest";
import type { RowPredictor } from "../../../src/runtime/prediction/predictor.ts";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(() => place.remove());

const spec = {
  name: "houses",
  inputs: { sold: { shape: [7] }, area: { shape: [1] }, colour: { shape: [4] }, town: { shape: [4] } },
  targets: { price: { shape: [1] } },
  network: [
    { type: "concat", from: ["sold", "area", "colour", "town"] },
    { type: "dense", units: 8, activation: "relu" },
    { type: "dense", units: 1 },
  ],
  loss: "mse",
  metrics: ["mae"],
  optimizer: { type: "adam", learningRate: 0.02 },
  training: { epochs: 3, batchSize: 8, seed: 3, test: { fraction: 0.2 } },
  data: {
    file: "houses.csv",
    separator: ";",
    numbers: { decimal: ",", thousands: "." },
    inputs: {
      sold: {
        columns: ["sold"],
        dates: { parts: ["elapsed", "month", "weekday", "hour"], format: "DD.MM.YYYY HH:mm" },
        scale: "standard",
        missing: "mean",
      },
      area: { columns: ["area"], scale: "standard" },
      colour: { columns: ["colour"], categories: "one-hot", missing: "category" },
      town: { columns: ["town"], categories: "one-hot", unseen: "category" },
    },
    targets: { price: { columns: ["price"], scale: "standard" } },
  },
};

/** A number with a decimal comma and points between thousands. */
const german = (value: number, decimals: number) => {
  const [whole, fraction = ""] = value.toFixed(decimals).split(".");
  return whole.replace(/\B(?=(\d{3})+$)/g, ".") + (fraction === "" ? "" : `,${fraction}`);
};
const two = (value: number) => String(value).padStart(2, "0");
const row = (i: number) => {
  const date = `${two(1 + ((i * 11) % 28))}.${two(1 + ((i * 5) % 12))}.2023 ${two((i * 7) % 24)}:30`;
  const area = 500 + ((i * 379) % 3000) + 0.5;
  const colour = ["red", "green", "blue", ""][(i * 3) % 4];
  return [
    i % 13 === 0 ? "n/a" : date,
    german(area, 1),
    colour,
    i % 17 === 0 ? `T${i}` : "ABC"[i % 3],
    german(50_000 + Math.round(40.3 * area) + (colour === "" ? 9000 : 0), 0),
  ].join(";");
};
const header = "sold;area;colour;town;price";
const rows = Array.from({ length: 80 }, (_, i) => row(i));
const csv = [header, ...rows, ""].join("\n");
const asked = [header, row(1), row(2), "NA;1.000,5;violet;Z;", ""].join("\n");

test(
  "command line, program and predictor agree, and prices are whole numbers like those of the file",
  { timeout: 120_000 },
  async () => {
    place.write("houses.json", spec);
    place.write("houses.csv", csv);
    place.write("asked.csv", asked);
    const own = await place.run(
      "train",
      "houses.json",
      "--json",
      "--out",
      "own.ckpt",
      "--report",
      "report.json",
    );
    expect(own.stderr).not.toContain("error");
    expect(own.code).toBe(0);
    await place.run("compile", "houses.json", "-o", "houses.ts");
    const theirs = await place.program("houses.ts", "--data", "houses.csv", "--json", "--out", "their.ckpt");
    expect(theirs.stdout).toBe(own.stdout);
    const { stdout } = await place.run("predict", "houses.json", "own.ckpt", "asked.csv");
    expect(stdout).toMatch(/^price\n(\d{5,6}\n){3}$/);
    expect(
      (await place.program("houses.ts", "--resume", "their.ckpt", "--predict", "asked.csv")).stdout,
    ).toBe(stdout);
    await place.run("compile", "houses.json", "--predictor", "own.ckpt", "-o", "predictor.ts");
    const { createPredictor }: { createPredictor: () => RowPredictor } = await import(
      pathToFileURL(join(place.folder, "predictor.ts")).href
    );
    const predicted = (area: string | number) =>
      createPredictor().predictRows([{ sold: "NA", area, colour: "violet", town: "Z" }])[0].price;
    expect(`${predicted("1.000,5")}`).toBe(stdout.trim().split("\n")[3]);
    expect(predicted(1000.5)).toBe(predicted("1.000,5"));
    expect(() => predicted("1.00")).toThrow('row 0: column "area": "1.00" is not a number');
    // The report has the true values of the file, without rounding errors of scaling.
    expect(place.read("report.json")).toMatch(/"from":\s*\d{5},\s*"to":\s*\d{5,6},/);
  },
);

test("classes whose names are numbers, and class weights by these names", async () => {
  const { area } = spec.data.inputs;
  const grades = {
    ...spec,
    inputs: { area: { shape: [1] } },
    targets: { grade: { classes: 3 } },
    network: [{ type: "dense", units: 3 }],
    loss: "cross-entropy",
    metrics: ["accuracy"],
    data: { file: "grades.csv", inputs: { area }, targets: { grade: { columns: ["grade"], names: true } } },
  };
  place.write("grades.json", grades);
  place.write(
    "grades.csv",
    ["area,grade", ...Array.from({ length: 30 }, (_, i) => `${i},${[1, 2, 5][i % 3]}`), ""].join("\n"),
  );
  const { code, stderr } = await place.run("train", "grades.json", "--out", "grades.ckpt");
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  const { stdout } = await place.run("predict", "grades.json", "grades.ckpt", "grades.csv");
  expect(stdout).toMatch(/^grade,grade_1,grade_2,grade_5\n[125],/);
  const weighed = (classWeights: object) => ({ ...grades, training: { ...spec.training, classWeights } });
  place.write("weighed.json", weighed({ 1: 1, 2: 1, 5: 3 }));
  expect((await place.run("train", "weighed.json")).code).toBe(0);
  place.write("weighed.json", weighed({ 1: 1, 2: 1, 6: 3 }));
  expectRefusal(
    await place.run("train", "weighed.json"),
    "classWeights names the classes 1, 2, 6, but those of grade are 1, 2, 5",
  );
});

test("invalid cells are reported with their line", async () => {
  place.write("houses.json", spec);
  const changed = (line: number, from: RegExp, to: string) =>
    csv.split("\n").map((text, i) => (i === line - 1 ? text.replace(from, to) : text));
  place.write("houses.csv", changed(5, /^[\d.]+/, "31.02.2023").join("\n"));
  expectRefusal(
    await place.run("train", "houses.json"),
    /houses\.csv:5 error T2004: column "sold": "31\.02\.2023 \d\d:30" is not a date in the format DD\.MM\.YYYY HH:mm/,
  );
  place.write("houses.csv", changed(7, /;[\d.,]+;/, ";1.23;").join("\n"));
  expectRefusal(
    await place.run("train", "houses.json"),
    'houses.csv:7 error T2004: column "area": "1.23" is not a number',
  );
});
