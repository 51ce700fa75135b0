// The check that no output file overwrites an input file. If a test fails, a mistyped path silently destroys
// a user's data, spec or model.
import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { expectRefusal, flowers, flowersCsv, workspace } from "../cli/workspace.ts";

const place = workspace();
const search = { over: { "network[0].units": [2, 4] } };
const inputs = ["own.json", "own.csv", "new.csv", "rows.csv", "flowers.ckpt", "flowers.npz"];
const contents = () => inputs.map((file) => Buffer.from(place.bytes(file)).toString("latin1"));

let before: string[];
beforeAll(async () => {
  const data = { ...flowers.data, file: "own.csv" };
  place.write("own.json", { ...flowers, data, training: { ...flowers.training, search } });
  for (const file of ["own.csv", "new.csv", "rows.csv"]) place.write(file, flowersCsv);
  for (const link of ["link.csv", "link.svg"]) symlinkSync("own.csv", join(place.folder, link));
  expect((await place.run("train", "own.json", "--out", "flowers.ckpt")).code).toBe(0);
  expect((await place.run("export", "flowers.ckpt", "-o", "flowers.npz")).code).toBe(0);
  before = contents();
}, 60_000);
afterAll(place.remove);

it.each([
  ["search own.json --csv own.csv", "--csv own.csv would overwrite the data of the spec"],
  ["search own.json --csv link.csv", "--csv link.csv would overwrite the data of the spec"],
  ["search own.json --data new.csv --csv ./new.csv", "--csv ./new.csv would overwrite the data"],
  ["search own.json --write-best own.json", "--write-best own.json would overwrite the spec"],
  ["search own.json --out own.csv", "--out own.csv would overwrite the data of the spec"],
  ["search own.json --csv t.yaml --write-best t.yaml", "--csv and --write-best would both be written to"],
  ["search own.json --emit slurm --shards 2 -o own.json", "-o own.json would overwrite the spec"],
  ["search own.json --emit slurm --shards 2 -o x --out x", "--out and -o would both be written to x"],
  ["train own.json --out own.json", "--out own.json would overwrite the spec"],
  ["train own.json --out none/../own.csv", "would overwrite the data of the spec"],
  ["train own.json --data new.csv --out new.csv", "--out new.csv would overwrite the data"],
  ["train own.json --report own.json", "--report own.json would overwrite the spec"],
  ["train own.json --from flowers.ckpt --out flowers.ckpt", "would overwrite the file of --from"],
  ["train own.json --resume flowers.ckpt --log flowers.ckpt", "would overwrite the checkpoint of --resume"],
  ["train own.json --plot new/x.svg --report new/./x.svg", "--plot and --report would both be written to"],
  ["train own.json --find-learning-rate --plot link.svg", "--plot link.svg would overwrite the data"],
  ["compile own.json -o own.json", "-o own.json would overwrite the spec"],
  ["compile own.json -o own.csv", "-o own.csv would overwrite the data of the spec"],
  ["compile own.json --predictor flowers.ckpt -o flowers.ckpt", "would overwrite the checkpoint"],
  ["predict own.json flowers.ckpt rows.csv -o rows.csv", "would overwrite the rows to predict"],
  ["predict own.json flowers.ckpt rows.csv -o flowers.ckpt", "would overwrite the checkpoint"],
  ["inspect own.json -o own.csv", "-o own.csv would overwrite the data of the spec"],
  ["export flowers.npz -o flowers.npz", "-o flowers.npz would overwrite the checkpoint"],
  ["import own.json flowers.npz -o flowers.npz", "-o flowers.npz would overwrite the parameters"],
])("%s is refused", async (line, said) => {
  const made = place.made();
  expectRefusal(await place.run(...line.split(" ")), "error T1014: ", said, "hint: choose another file");
  expect(contents()).toEqual(before);
  expect(place.made()).toEqual(made);
});

it("a resumed training may overwrite its checkpoint", async () => {
  place.write("same.ckpt", place.bytes("flowers.ckpt"));
  const { code, stderr } = await place.run(
    "train",
    "own.json",
    "--resume",
    "same.ckpt",
    "--out",
    "./same.ckpt",
    "--epochs",
    "5",
  );
  expect(stderr).not.toContain("error");
  expect(code).toBe(0);
});
