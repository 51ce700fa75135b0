// The commands `export` and `import`. If a test fails, other libraries cannot read the parameters, or
// imported parameters are changed or swapped.
import { zipSync } from "fflate";
import { dump } from "npyjs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readModel } from "../../../src/compiler/library/onnx/model-file.ts";
import { parametersIn } from "../../../src/command/formats/parameters/parameters.ts";
import { safetensors } from "../../../src/command/formats/parameters/formats.ts";
import type { NamedTensor } from "../../../src/command/formats/parameters/tensors.ts";
import { fieldsIn } from "../../../src/runtime/checkpoints/checkpoint.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";

const place = workspace();
afterAll(place.remove);
/**
 * A model with a frozen first layer. Checkpoints store frozen parameters last, so their order differs from that of the
 * model.
 */
const frozen = { ...flowers, network: [{ ...flowers.network[0], trainable: false }, flowers.network[1]] };
beforeAll(async () => {
  place.write("flowers.json", frozen);
  place.write("flowers.csv", flowersCsv);
  await place.run("train", "flowers.json", "--out", "own.ckpt", "--epochs", "2");
}, 60_000);

const own = () => parametersIn(place.bytes("own.ckpt")).tensors;
const write = (file: string, tensors: readonly NamedTensor[]) =>
  place.write(file, safetensors.encode(tensors, {}));

it.each([[], ["--format", "onnx"]])("exports the predictor as an ONNX model, with %j", async (...format) => {
  const file = format.length === 0 ? "out/own.onnx" : "out/own.model";
  const exported = await place.run("export", "own.ckpt", ...format, "--spec", "flowers.json", "-o", file);
  expect(exported).toMatchObject({
    code: 0,
    stderr: "",
    stdout: expect.stringMatching(/^own\.ckpt → out\/own\.\w+ {2}\d+\.\d kB\n$/),
  });
  const { initialisers, inputs, outputs } = readModel(place.bytes(file));
  expect(inputs.map(({ name }) => name)).toEqual(["size"]);
  expect(outputs).toEqual(["prediction"]);
  for (const { name, numbers } of own())
    expect(Array.from(initialisers.get(name)?.values ?? [])).toEqual(Array.from(numbers));
});

it("refuses to export a predictor without its spec, and parameters with one", async () => {
  expectRefusal(
    await place.run("export", "own.ckpt", "-o", "own.onnx"),
    "T1010: --format onnx needs --spec",
    "add --spec SPEC",
  );
  expectRefusal(
    await place.run("export", "own.ckpt", "-o", "own.npz", "--spec", "flowers.json"),
    "T1010: --spec needs --format onnx or --format pytorch",
  );
});

it("exports a state_dict of PyTorch with its spec, which comes back bit for bit", async () => {
  const ofPytorch = ["export", "own.ckpt", "--format", "pytorch"];
  expectRefusal(
    await place.run(...ofPytorch, "-o", "x.safetensors"),
    "T1010: --format pytorch needs --spec",
    "add --spec SPEC",
  );
  expectRefusal(
    await place.run(...ofPytorch, "--spec", "flowers.json", "-o", "own.pt"),
    "T1010: -o own.pt: the file name must end in .safetensors",
    "a file of torch.save is a Python program",
  );
  await place.run(...ofPytorch, "--spec", "flowers.json", "-o", "out/state.safetensors");
  const { tensors } = safetensors.decode(place.bytes("out/state.safetensors"));
  expect(tensors.find(({ name }) => name === "dense1.weight")?.shape).toEqual([4, 2]);
  const imported = await place.run("import", "out/state.safetensors", "flowers.json", "-o", "back.ckpt");
  expect(imported.code).toBe(0);
  expect(parametersIn(place.bytes("back.ckpt")).tensors).toEqual(own());
});

it.each(["safetensors", "npz"])(
  "%s: export and import preserve every bit, and export needs no spec",
  async (ending) => {
    const file = `out/own.${ending}`;
    const exported = await place.run("export", "own.ckpt", "-o", file);
    expect(exported).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^own\.ckpt → out\/own\.\w+ {2}4 parameters, 27 values \(/),
    });
    const imported = await place.run("import", "flowers.json", file, "-o", "back.ckpt");
    expect(imported).toEqual({
      code: 0,
      stdout: `${file} → back.ckpt  4 parameters, 27 values\n`,
      stderr: "",
    });
    const back = parametersIn(place.bytes("back.ckpt"));
    expect(back.tensors).toEqual(own());
    expect(back.tensors.map(({ name }) => name)).toEqual([
      "dense1.weight",
      "dense1.bias",
      "dense2.weight",
      "dense2.bias",
    ]);
    expect(back.epoch).toBe(0);
  },
);

it("an imported checkpoint evaluates like the exported one, with preprocessing fitted to the data", async () => {
  await place.run("export", "own.ckpt", "-o", "own.npz");
  await place.run("import", "flowers.json", "own.npz", "-o", "back.ckpt");
  expect(fieldsIn(place.bytes("back.ckpt"))).toEqual(fieldsIn(place.bytes("own.ckpt")));
  const predicted = (checkpoint: string) => place.run("predict", "flowers.json", checkpoint, "flowers.csv");
  expect(await predicted("back.ckpt")).toEqual(await predicted("own.ckpt"));
  const none = ["--epochs", "0", "--json"];
  const before = await place.run("train", "flowers.json", "--resume", "own.ckpt", ...none);
  const after = await place.run(
    "train",
    "flowers.json",
    "--resume",
    "back.ckpt",
    "--out",
    "back.ckpt",
    ...none,
  );
  expect(JSON.parse(after.stdout).test).toEqual(JSON.parse(before.stdout).test);
  expect(fieldsIn(place.bytes("back.ckpt"))).toEqual(fieldsIn(place.bytes("own.ckpt")));
});

it("without the data of the spec, an imported checkpoint trains, but does not predict", async () => {
  await place.run("export", "own.ckpt", "-o", "own.npz");
  place.write("apart/flowers.json", frozen);
  const apart = await place.run("import", "apart/flowers.json", "own.npz", "-o", "apart.ckpt");
  expect(apart.stderr).toMatch(/warning T3004: the checkpoint cannot predict until it is trained/);
  const refused = await place.run("predict", "flowers.json", "apart.ckpt", "flowers.csv");
  expectRefusal(refused, "does not contain the preprocessing", "import it again with the data");
  const given = ["import", "apart/flowers.json", "own.npz", "-o", "apart.ckpt", "--data", "flowers.csv"];
  expect((await place.run(...given)).stderr).toBe("");
  expect((await place.run("predict", "flowers.json", "apart.ckpt", "flowers.csv")).code).toBe(0);
  // The imported model has not been trained yet, so training accepts data that differs from that of the import.
  place.write("fewer.csv", flowersCsv.split("\n").slice(0, 20).join("\n"));
  const resuming = ["train", "flowers.json", "--resume", "apart.ckpt", "--data", "fewer.csv", "--json"];
  expect((await place.run(...resuming)).code).toBe(0);
});

it("a file of 32-bit numbers can be imported in 64 bits", async () => {
  await place.run("export", "own.ckpt", "-o", "own.safetensors");
  await place.run("import", "flowers.json", "own.safetensors", "-o", "wide.ckpt", "--dtype", "f64");
  const { model, tensors } = parametersIn(place.bytes("wide.ckpt"));
  expect(model.dtype).toBe("f64");
  expect(tensors.map(({ numbers }) => [...numbers])).toEqual(own().map(({ numbers }) => [...numbers]));
});

describe("tensors that do not fit are reported, and nothing is written", () => {
  const refused = async (words: readonly string[], ...said: readonly string[]) => {
    expectRefusal(await place.run(...words, "-o", "no/such.ckpt"), ...said);
    expect(place.made()).not.toContain("no/such.ckpt");
  };
  const importing = (file: string) => ["import", "flowers.json", file];

  it("names, shapes and missing tensors, all together", async () => {
    const [weight, bias, weight2] = own();
    write("wrong.safetensors", [
      { ...weight, name: "dense_1.weight" },
      { ...bias, shape: [2, 2] },
      { ...weight2, shape: [3, 4] },
      { name: "step", shape: [1], numbers: Float32Array.of(1) },
    ]);
    await refused(
      importing("wrong.safetensors"),
      'wrong.safetensors error T3002: the tensors do not match the parameters of "flowers"',
      'note: the file has no "dense1.weight"; it has "dense_1.weight"',
      'note: "dense1.bias" has shape [2, 2] in the file and [4] in the model',
      'note: "dense2.weight" has shape [3, 4] in the file and [4, 3] in the model: transpose it (PyTorch stores weights transposed)',
      'note: the file has no "dense2.bias"\n',
      'note: "step" is not a parameter of the model',
    );
  });

  it("a long list of errors is shortened", async () => {
    const many = Array.from({ length: 40 }, (_, i) => ({
      name: `zz${i}`,
      shape: [1],
      numbers: Float32Array.of(1),
    }));
    write("many.safetensors", many);
    await refused(importing("many.safetensors"), "note: and 24 more");
  });

  it("numbers that the model cannot hold, and integers", async () => {
    const [weight, ...rest] = own();
    write("large.safetensors", [
      { ...weight, numbers: Float64Array.from(weight.numbers).fill(1e300, 5, 6) },
      ...rest,
    ]);
    await refused(
      importing("large.safetensors"),
      'T3002: value 5 of "dense1.weight" is 1e+300, which is not finite as f32',
    );
    const files = own().map(
      ({ name, shape, numbers }) =>
        [`${name}.npy`, new Uint8Array(dump(Int32Array.from(numbers), [...shape]))] as const,
    );
    place.write("whole.npz", zipSync(Object.fromEntries(files)));
    await refused(importing("whole.npz"), 'T3002: "dense1.weight" has values of type "i4" (NumPy\'s name)');
  });

  it("invalid files", async () => {
    place.write("cut.safetensors", Uint8Array.of(1, 2, 3));
    await refused(
      importing("cut.safetensors"),
      "cut.safetensors error T3002: this is not a safetensors file",
    );
    await refused(
      importing("none.npz"),
      "none.npz error T3002: cannot read the file: no such file or folder",
    );
    await refused(
      importing("flowers.csv"),
      "T1010: the file extension of flowers.csv is not supported",
      "use .safetensors or .npz",
    );
    await refused(["export", "flowers.csv"], "T1010: the file extension of no/such.ckpt is not supported");
    expectRefusal(
      await place.run("export", "flowers.csv", "-o", "x.npz"),
      "flowers.csv error T3001: not a checkpoint",
    );
    expectRefusal(await place.run("export", "own.ckpt"), "T1010", "--output <file>");
  });
});
