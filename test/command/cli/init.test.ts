// The command `tapeless init`: the spec that it writes trains without changes, and states what was guessed.
// If a test fails, a new user's first table does not train, or a guess is hidden.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { sampleFiles } from "../../fuzz/sample-files.ts";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(() => place.remove());

/** Numbers from 0 to 1; the same for the same seed. */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff;
    return state / 0x80000000;
  };
}

/** The text of a CSV file. */
const csvOf = (header: string, rows: readonly (readonly unknown[])[], separator = ","): string =>
  [header, ...rows.map((row) => row.join(separator)), ""].join("\n");

const rowsOf = <T>(count: number, row: (draw: () => number, i: number) => T): T[] => {
  const draw = uniform(7);
  return Array.from({ length: count }, (_, i) => row(draw, i));
};

const pick = <T>(draw: () => number, list: readonly T[]): T => list[Math.floor(draw() * list.length)];

/** Writes a spec for the file, trains it for some epochs, and returns the spec, its text, and the results. */
async function trained(file: string, epochs: number, ...args: string[]) {
  const name = file.replace(/\..*/, "");
  const init = await place.run("init", file, "--force", ...args);
  expect(init.stderr).toBe("");
  expect(init.code).toBe(0);
  const text = place.read(`${name}.yaml`);
  const run = await place.run(
    "train",
    `${name}.yaml`,
    "--json",
    "--epochs",
    `${epochs}`,
    "--out",
    `${name}.ckpt`,
  );
  expect(run.stderr).not.toContain("error");
  expect(run.code).toBe(0);
  return { summary: init.stdout, text, spec: parse(text), result: JSON.parse(run.stdout) };
}

const homes = csvOf(
  "Id,area,age,town,street,roof,constant,sold,agent,price",
  rowsOf(300, (draw, i) => {
    const [area, age] = [40 + Math.floor(draw() * 160), Math.floor(draw() * 90)];
    const town = pick(draw, ["Ulm", "Bonn", '"Kiel, North"']);
    const date = new Date(Date.UTC(2019, 0, 1) + Math.floor(draw() * 1500) * 86_400_000);
    const price = 20_000 + 2100 * area - 300 * age + (town === "Ulm" ? 60_000 : 0);
    return [
      1000 + i,
      i % 11 === 0 ? "NA" : area,
      age,
      town,
      `S${i % 35}`,
      i % 5 === 0 ? "" : i % 100 === 1 ? "glass" : pick(draw, ["flat", "gable"]),
      "same",
      i % 31 === 0 ? "" : date.toISOString().slice(0, 10),
      `agent${i}`,
      i % 50 === 3 ? "?" : price,
    ];
  }),
);

test(
  "a table with missing values, categories, dates and columns of no use",
  { timeout: 60_000 },
  async () => {
    place.write("homes.csv", homes);
    const { summary, text, spec, result } = await trained("homes.csv", 25);
    expect(summary).toContain("homes.csv → homes.yaml: 294 rows, 10 columns");
    expect(summary).toContain("target    price, a number (guessed, because it is the last column)");
    expect(summary).toContain('left out  "Id": a row number, which is different in each row');
    expect(summary).toContain('left out  "constant": the same value in each row: "same"');
    expect(summary).toContain('left out  "agent": a different text in each row');
    expect(summary).toContain("next: tapeless train homes.yaml");
    const { inputs, targets } = spec.data;
    expect(inputs.numbers).toEqual({ columns: ["area", "age"], scale: "standard", missing: "mean" });
    expect(inputs.categories).toEqual({
      columns: ["town", "roof"],
      categories: "one-hot",
      missing: "category",
      unseen: "category",
      minCount: 5,
    });
    expect(inputs.street).toEqual({ columns: ["street"], categories: "index" });
    expect(inputs.dates).toEqual({
      columns: ["sold"],
      dates: { parts: ["elapsed", "day-of-year", "weekday"] },
      scale: "standard",
      missing: "mean",
    });
    expect(targets.price).toEqual({ columns: ["price"], scale: "standard", missing: "drop" });
    // Two columns: 3 + 2 categories, and one each for missing and for unseen values.
    expect(spec.inputs.categories.shape).toEqual([9]);
    expect(text).toContain("- area # 40 to 199, 27 missing");
    expect(text).toContain("6 rows without a target are removed");
    expect(text).toContain("# a number (guessed, because it is the last column)\n");
    expect(result.test.r2).toBeGreaterThan(0.5);
    const { stdout } = await place.run("predict", "homes.yaml", "homes.ckpt", "homes.csv");
    expect(stdout.split("\n").slice(0, 3).join()).toMatch(/^price,\d+,\d+$/);
  },
);

describe("the examples of the package", () => {
  test.each([
    ["iris", 60, 3],
    ["wine", 40, 3],
  ])("%s", { timeout: 60_000 }, async (name, epochs, classes) => {
    place.write(`${name}.csv`, readFileSync(new URL(`../../../graphs/data/${name}.csv`, import.meta.url)));
    const { spec, result } = await trained(`${name}.csv`, epochs);
    expect(Object.values(spec.targets)).toEqual([{ classes }]);
    expect(spec.loss).toBe("cross-entropy");
    expect(result.test.accuracy).toBeGreaterThan(0.85);
  });
});

test("reviews: text is read as words, and rows without a text are removed", { timeout: 60_000 }, async () => {
  const said = {
    positive: ["great", "lovely", "superb", "tasty"],
    negative: ["awful", "bland", "rude", "cold"],
  };
  const rows = rowsOf(300, (draw, i) => {
    const mood = draw() < 0.5 ? "positive" : "negative";
    const parts = Array.from(
      { length: 1 + Math.floor(draw() * 4) },
      () =>
        `${pick(draw, ["the food", "our waiter", "this place", "my soup"])} was ${pick(draw, said[mood])}`,
    );
    return [i % 60 === 7 ? "" : parts.join(", and "), mood];
  });
  place.write("reviews.tsv", csvOf("review\tmood", rows, "\t"));
  const { summary, text, spec, result } = await trained("reviews.tsv", 25);
  expect(summary).toMatch(/input {5}texts of up to \d+ words \(vocabulary of 19\): review/);
  const { length } = spec.data.inputs.review.words;
  expect(spec.data.separator).toBe("\t");
  expect(spec.data.inputs.review.missing).toBe("drop");
  expect(spec.inputs.review).toEqual({ shape: [length], dtype: "i32" });
  expect(spec.network[0].vocabulary).toBe(21);
  // The comment about f1 is also true for two classes.
  expect(spec.metrics).toEqual(["accuracy", { type: "f1", average: "macro" }]);
  expect(text).toContain("# macro weighs rare and frequent classes equally");
  expect(result.test.accuracy).toBeGreaterThan(0.9);
  expect(result.test.f1).toBeGreaterThan(0.9);
});

test.each(["npy", "npz", "parquet"])("typed columns of %s", { timeout: 60_000 }, async (format) => {
  const sample = sampleFiles().find((each) => each.format === format);
  place.write(`typed.${format}`, sample?.bytes ?? expect.unreachable());
  const { spec } = await trained(`typed.${format}`, 1);
  expect(spec.data.inputs.numbers.columns).toEqual(sample?.columns.slice(0, 4));
  expect(Object.values(spec.targets)).toEqual([{ classes: expect.any(Number) }]);
});

test("docs/data.md shows the decisions as they are printed", async () => {
  const page = readFileSync(new URL("../../../docs/data.md", import.meta.url), "utf8");
  const [, shown] = /```\n(graphs\/data\/wine\.csv → [^]*?)```/.exec(page) ?? [];
  place.write(
    "graphs/data/wine.csv",
    readFileSync(new URL("../../../graphs/data/wine.csv", import.meta.url)),
  );
  expect((await place.run("init", "graphs/data/wine.csv", "--force")).stdout).toBe(shown);
});

test("hours: times of JSON Lines, packed", { timeout: 60_000 }, async () => {
  const rows = rowsOf(400, (draw, i) => {
    const time = new Date(Date.UTC(2023, 0, 1) + i * 3_600_000);
    const heat = 10 + 5 * Math.sin((2 * Math.PI * time.getUTCHours()) / 24) + draw();
    return JSON.stringify({
      time: time.toISOString(),
      station: pick(draw, ["a", "b"]),
      heat: +heat.toFixed(1),
    });
  });
  place.write("hours.jsonl.gz", gzipSync(rows.join("\n")));
  const { spec, result } = await trained("hours.jsonl.gz", 40);
  expect(spec.name).toBe("hours");
  expect(spec.data.inputs.dates.dates).toEqual({ parts: ["elapsed", "weekday", "hour"] });
  expect(result.test.r2).toBeGreaterThan(0.8);
});

test(
  "a spreadsheet: semicolons, decimal commas, points between thousands, German dates",
  { timeout: 60_000 },
  async () => {
    const rows = rowsOf(120, (draw, i) => [
      `${String(1 + (i % 28)).padStart(2, "0")}.0${1 + (i % 9)}.2023 0${i % 10}:30`,
      `${1 + (i % 3)}.${String(Math.floor(draw() * 1000)).padStart(3, "0")},5`,
      [1, 2, 5][i % 3],
    ]);
    place.write("blatt.csv", csvOf("Datum;Fläche;Klasse", rows, ";"));
    const { spec } = await trained("blatt.csv", 3);
    expect(spec.data).toMatchObject({
      separator: ";",
      numbers: { decimal: ",", thousands: "." },
      inputs: {
        numbers: { columns: ["Fläche"] },
        dates: {
          columns: ["Datum"],
          dates: { parts: ["elapsed", "day-of-year", "weekday", "hour"], format: "DD.MM.YYYY HH:mm" },
        },
      },
      targets: { Klasse: { columns: ["Klasse"], names: true } },
    });
  },
);

test("dates that two formats read differently are a doubt that is printed and written", async () => {
  const rows = rowsOf(40, (_, i) => [`0${1 + (i % 9)}/0${1 + ((i * 4) % 9)}/2023`, i % 7, i * 1.5]);
  place.write("doubt.csv", csvOf("day,level,heat", rows));
  const { summary, text } = await trained("doubt.csv", 1);
  const doubt = 'all dates of "day" are valid as DD/MM/YYYY and as MM/DD/YYYY: check the format';
  expect(summary).toContain(`to check  ${doubt}`);
  expect(text).toContain(`# Please check: ${doubt}.`);
  place.write("clear.csv", csvOf("day,level,heat", [...rows, ["01/31/2023", 1, 2]]));
  const { summary: clear, spec } = await trained("clear.csv", 1);
  expect(clear).not.toContain("to check");
  expect(spec.data.inputs.dates.dates.format).toBe("MM/DD/YYYY");
});

test("numbers with a sign or a unit are a doubt, and the column is left out or consists of categories", async () => {
  const rows = rowsOf(60, (draw, i) => {
    const size = Math.floor(draw() * 200);
    const name = `S${i % 25}`;
    return [
      size,
      `${size} m2`,
      `${i} %`,
      `"USD ${i},500"`,
      `${36 + 24 * (i % 2)} months`,
      name,
      `"$4,${100 + i}"`,
    ];
  });
  place.write(
    "signs.csv",
    csvOf("size,area,rate,cost,term,street,price", [...rows, [1, 1, 1, 1, "?", "S1", "free"]]),
  );
  const { summary, text, spec } = await trained("signs.csv", 1, "--target", "size");
  for (const [name, sign, cell] of [
    ["area", "m2", rows[0][1]],
    ["rate", "%", "0 %"],
    ["cost", "USD", "USD 0,500"],
    ["term", "months", "36 months"],
    ["price", "$", "$4,100"],
  ]) {
    const doubt =
      `"${name}": the cells look like numbers with "${sign}" (line 2: "${cell}"); ` +
      `remove "${sign}" to use them as numbers`;
    expect(summary).toContain(`to check  ${doubt}`);
    expect(text.replaceAll("\n#", "")).toContain(`Please check: ${doubt}.`);
  }
  expect(summary).toContain('left out  "price": the cells look like numbers with "$"\n');
  // Streets have a letter and a number, but they are names; terms are few enough to be categories.
  expect(summary).not.toContain('to check  "street"');
  expect(spec.data.inputs.categories.columns).toEqual(["term", "street"]);
  // The last column, "price", is left out.
  expect((await place.run("init", "signs.csv", "--force")).stdout).toContain(
    "target    street, 25 classes (guessed, because it is the last column of numbers or categories)",
  );
});

test("a small table trains without splits, and a column of names in it is left out", async () => {
  place.write(
    "few.csv",
    csvOf("name,size,price", [
      ["a", 1, 10],
      ["b", 2, 21],
      ["c", 5, 52],
      ["d", 4, 39],
    ]),
  );
  const { spec, result } = await trained("few.csv", 5);
  expect(spec.training).toEqual({ epochs: 200, batchSize: 8, seed: 1 });
  expect(Object.keys(result)).not.toContain("test");
});

test("many columns are listed as ranges; names that need quotes have them", async () => {
  const names = [...Array.from({ length: 50 }, (_, i) => `p${i}`), "a: b", "yes", "#1"];
  const rows = rowsOf(30, (draw) => names.map(() => draw().toFixed(3)));
  place.write("wide.csv", csvOf(names.join(","), rows));
  const { spec } = await trained("wide.csv", 1);
  expect(spec.data.inputs.numbers.columns).toEqual(["p0..yes"]);
  expect(Object.values(spec.data.targets)).toEqual([{ columns: ["#1"], scale: "standard" }]);
  const other = await trained("wide.csv", 1, "--target", "p7");
  expect(other.spec.data.inputs.numbers.columns).toEqual(["p0..p6", "p8..#1"]);
  expect(other.summary).toContain("target    p7, a number (given by --target)");
});

test("a spec is replaced only with --force, and other options choose the file", async () => {
  place.write("homes.csv", homes);
  place.write("mine.yaml", "name: mine");
  expectRefusal(
    await place.run("init", "homes.csv", "-o", "mine.yaml"),
    "error T1014: mine.yaml already exists\n  hint: use --force to replace it, or -o FILE to write another file",
  );
  expect(place.read("mine.yaml")).toBe("name: mine");
  const { code } = await place.run("init", "homes.csv", "-o", "models/homes.yaml", "--target", "age");
  expect(code).toBe(0);
  expect(parse(place.read("models/homes.yaml")).data.file).toBe("../homes.csv");
});

test.each<[string, string | Uint8Array, string[], string]>([
  ["an empty file", "", [], "t.csv:1 error T2003: the file is empty: its first row must name the columns"],
  ["only a header", "a,b\n", [], "t.csv:1 error T2003: the file has no rows"],
  ["one column", "a\n1\n2\n", [], 't.csv has only the column "a", but a model needs an input and a target'],
  ["a wrong target", "age,price\n1,2\n2,4\n", ["--target", "prise"], 'hint: did you mean "price"?'],
  [
    "a target that is not similar to any column",
    "age,price\n1,2\n2,4\n",
    ["--target", "zz"],
    "hint: the columns are age, price",
  ],
  [
    "a row of another width",
    "a,b\n1,2\n1,2,3\n",
    [],
    "t.csv:3 error T2003: the row has 3 cells for 2 columns",
  ],
  [
    "a target without a name",
    ",b\n1,2\n2,5\n",
    ["--target", ""],
    'the column "" cannot be the target: it has no name',
  ],
  ["a constant target", "a,b\n1,2\n2,2\n", ["--target", "b"], 'it has the same value in each row, "2"'],
  [
    "a target that is not quite a number",
    csvOf("a,b", [...Array.from({ length: 40 }, (_, i) => [i * i, i * 1.5]), [1, "n.n."]]),
    ["--target", "b"],
    'the column "b" cannot be the target: most values are numbers, but line 42: "n.n." is not: correct such cells',
  ],
  [
    "a target of numbers with a sign",
    csvOf("a,b", [...Array.from({ length: 40 }, (_, i) => [i * i, `"$${i},123"`])]),
    ["--target", "b"],
    'the column "b" cannot be the target: the cells look like numbers with "$" (line 2: "$0,123"); remove "$" to use them as numbers',
  ],
  [
    "no usable column",
    "id,price\n1,2\n2,2\n3,4\n4,9\n5,7\n".replaceAll(/^(\d)/gm, "x$1"),
    [],
    'error T1010: t.csv has no column that a model could read to predict "price"\n  hint: columns that are not used: "id": a different text in each row',
  ],
  [
    "a column without a name that counts the rows, as the only other column",
    ",price\n1,2\n2,2\n3,4\n4,9\n5,7\n",
    [],
    'error T1010: t.csv has no column that a model could read to predict "price"\n  hint: columns that are not used: "": the column has no name',
  ],
  ["an IDX file", Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1), [], "error T2003: the file is an IDX file"],
  [
    "a spec in JSON, which has no comments",
    "a,b\n1,2\n2,3\n",
    ["-o", "t.json"],
    "its file must end in .yaml or .yml\n  hint: use -o t.yaml",
  ],
])("rejects %s", async (_, content, args, message) => {
  place.write("t.csv", content);
  expectRefusal(await place.run("init", "t.csv", ...args), message);
  expect(place.made().filter((file) => file.startsWith("t."))).toEqual([]);
});

test("rejects a file that does not exist", async () =>
  expectRefusal(
    await place.run("init", "no.csv"),
    "no.csv error T2001: cannot read the data: no such file or folder",
  ));

test("rows in the order of time are a doubt, because a random test split of a series is too easy", async () => {
  const rows = rowsOf(40, (_, i) => [new Date(Date.UTC(2024, 0, 1, i)).toISOString(), i % 7, i * 1.5]);
  const doubt =
    /to check +the rows are in the order of "hour", as in a time series\. To forecast them, use data\.windows/;
  place.write("series.csv", csvOf("hour,level,heat", rows));
  const { summary, text } = await trained("series.csv", 1);
  expect(summary).toMatch(doubt);
  expect(text).toContain('# Please check: the rows are in the order of "hour"');
  [rows[3], rows[4]] = [rows[4], rows[3]];
  place.write("mixed.csv", csvOf("hour,level,heat", rows));
  expect((await trained("mixed.csv", 1)).summary).not.toContain("time series");
});
