// `tapeless import` of a `state_dict` of PyTorch: the printed map, maps that users edit, and files that do not fit.
// If a test fails, weights get into the wrong layers, or users do not learn why a file is refused.
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importParameters } from "../../../src/command/library/parameters.ts";
import { safetensors } from "../../../src/command/formats/parameters/formats.ts";
import { parametersIn } from "../../../src/command/formats/parameters/parameters.ts";
import type { NamedTensor } from "../../../src/command/formats/parameters/tensors.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";

const place = workspace();
afterAll(place.remove);

/** A tensor of consecutive numbers. */
const tensor = (name: string, ...shape: readonly number[]): NamedTensor => ({
  name,
  shape,
  numbers: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => i + shape.length / 10),
});
const write = (file: string, ...tensors: readonly NamedTensor[]) =>
  place.write(file, safetensors.encode(tensors, {}));

const [weight1, bias1] = [tensor("net.0.weight", 4, 2), tensor("net.0.bias", 4)];
const [weight2, bias2] = [tensor("net.2.weight", 3, 4), tensor("net.2.bias", 3)];

const map = `# The parameters of the model, and the tensors of "torch.safetensors" from which they are imported.
parameters:
  dense1.weight: { tensor: net.0.weight, permute: [1, 0] }  # [4, 2] → [2, 4]
  dense1.bias: net.0.bias                                   # [4] → [4]
  dense2.weight: { tensor: net.2.weight, permute: [1, 0] }  # [3, 4] → [4, 3]
  dense2.bias: net.2.bias                                   # [3] → [3]
unused: []
`;

beforeAll(() => {
  place.write("flowers.json", flowers);
  place.write("flowers.csv", flowersCsv);
  write("torch.safetensors", weight1, bias1, weight2, bias2);
});

const importing = (...words: readonly string[]) => place.run("import", ...words);
const imported = (file: string) =>
  parametersIn(place.bytes(file)).tensors.map(({ name, numbers }) => [name, [...numbers]]);

const transposed = ({ numbers, shape: [rows, columns] }: NamedTensor): number[] =>
  Array.from({ length: rows * columns }, (_, i) => numbers[(i % rows) * columns + Math.floor(i / rows)]);
const expected = [
  ["dense1.weight", transposed(weight1)],
  ["dense1.bias", [...bias1.numbers]],
  ["dense2.weight", transposed(weight2)],
  ["dense2.bias", [...bias2.numbers]],
];

it("derives a map, prints it, and accepts it with --map", async () => {
  expect(await importing("torch.safetensors", "flowers.json")).toEqual({ code: 0, stdout: map, stderr: "" });
  const direct = await importing("torch.safetensors", "flowers.json", "-o", "direct.ckpt");
  const line = "torch.safetensors → direct.ckpt  4 parameters, 27 values\n";
  expect(direct).toEqual({ code: 0, stdout: `${map}# ${line}`, stderr: "" });
  expect(imported("direct.ckpt")).toEqual(expected);
  place.write("map.yaml", direct.stdout);
  const mapped = await importing(
    "torch.safetensors",
    "flowers.json",
    "--map",
    "map.yaml",
    "-o",
    "mapped.ckpt",
  );
  expect(mapped).toMatchObject({ code: 0, stderr: "" });
  expect(place.bytes("mapped.ckpt")).toEqual(place.bytes("direct.ckpt"));
});

it("the library derives and accepts the same map", async () => {
  const bytes = place.bytes("torch.safetensors");
  const spec = join(place.folder, "flowers.json");
  const derived = await importParameters(spec, bytes);
  expect(derived.map).toContain("  dense1.weight: { tensor: net.0.weight, permute: [1, 0] }");
  const mapped = await importParameters(spec, bytes, { map: derived.map });
  expect(mapped.checkpoint).toEqual(derived.checkpoint);
  await expect(
    importParameters(spec, bytes, { layout: "keras" } as never), // a value that TypeScript rejects
  ).rejects.toThrow('unknown layout "keras"');
});

it("a map can swap tensors, cut rows, reshape, and set constants", async () => {
  write("joint.safetensors", tensor("all", 7, 4), tensor("b", 1, 4), tensor("counter", 1));
  place.write(
    "joint.yaml",
    `parameters:
      dense1.weight: { tensor: all, rows: [0, 2] }
      dense1.bias: { tensor: b, reshape: [4] }
      dense2.weight: { tensor: all, rows: [4, 7], permute: [1, 0] }
      dense2.bias: -0.5
unused: ["cou*"]`,
  );
  expect(
    await importing("joint.safetensors", "flowers.json", "--map", "joint.yaml", "-o", "joint.ckpt"),
  ).toMatchObject({
    code: 0,
  });
  const all = [...tensor("all", 7, 4).numbers];
  expect(imported("joint.ckpt")).toEqual([
    ["dense1.weight", all.slice(0, 8)],
    ["dense1.bias", [...tensor("b", 1, 4).numbers]],
    ["dense2.weight", transposed({ name: "", shape: [3, 4], numbers: Float32Array.from(all.slice(16)) })],
    ["dense2.bias", [-0.5, -0.5, -0.5]],
  ]);
});

it("equal names decide before the order does", async () => {
  const network = [
    { type: "dense", name: "second", units: 2, activation: "tanh" },
    { type: "dense", name: "first", units: 2 },
    { type: "dense", units: 3 },
  ];
  place.write("named.json", { ...flowers, network });
  write(
    "named.safetensors",
    ...["first", "second"].flatMap((name) => [tensor(`${name}.weight`, 2, 2), tensor(`${name}.bias`, 2)]),
    tensor("out.weight", 3, 2),
    tensor("out.bias", 3),
  );
  const { stdout, stderr } = await importing("named.safetensors", "named.json");
  expect(stdout).toContain("  second.weight: { tensor: second.weight, permute: [1, 0] }");
  expect(stdout).toContain("  first.weight: { tensor: first.weight, permute: [1, 0] }");
  expect(stderr).toBe("");
});

it("warns if only the order of unrelated names decides", async () => {
  const hidden = { type: "dense", units: 2 };
  place.write("deep.json", { ...flowers, network: [hidden, hidden, { type: "dense", units: 3 }] });
  const modules = (...names: readonly string[]) =>
    names.flatMap((name) => [tensor(`${name}.bias`, 2), tensor(`${name}.weight`, 2, 2)]);
  const head = [tensor("zhead.bias", 3), tensor("zhead.weight", 3, 2)];
  write("deep.safetensors", ...modules("hidden", "input"), ...head);
  const { code, stderr } = await importing("deep.safetensors", "deep.json", "-o", "deep.ckpt");
  expect(stderr).toContain(
    "deep.safetensors warning T3007: several modules fit dense1, and the order of their names decides",
  );
  expect(code).toBe(0);
  // Numbers in names are compared as numbers, and a file that is not sorted has the order of the model.
  write("numbered.safetensors", ...modules("layer10", "layer9"), ...head);
  const numbered = await importing("numbered.safetensors", "deep.json");
  expect(numbered.stdout).toContain("  dense1.weight: { tensor: layer9.weight, permute: [1, 0] }");
  expect(numbered.stderr).toBe("");
  write("defined.safetensors", ...modules("input", "hidden"), ...head);
  const defined = await importing("defined.safetensors", "deep.json");
  expect(defined.stdout).toContain("  dense1.weight: { tensor: input.weight, permute: [1, 0] }");
  expect(defined.stderr).toBe("");
});

it("asks for the layout if a file fits both, and detects it from metadata", async () => {
  const network = [
    { type: "dense", units: 2 },
    { type: "dense", units: 2 },
    { type: "dense", units: 2 },
  ];
  place.write("square.json", { ...flowers, network, targets: { kind: { classes: 2 } }, data: undefined });
  const tensors = [1, 2, 3].flatMap((k) => [tensor(`dense${k}.weight`, 2, 2), tensor(`dense${k}.bias`, 2)]);
  write("square.safetensors", ...tensors);
  expectRefusal(
    await importing("square.safetensors", "square.json", "-o", "square.ckpt"),
    "T3002: the tensors fit the model both as its own parameters and as a state_dict of PyTorch",
    "--layout pytorch transposes the weights, --layout tapeless does not",
  );
  const second = async (...words: readonly string[]) => {
    expect((await importing(...words, "square.json", "-o", "square.ckpt")).code).toBe(0);
    return imported("square.ckpt")[0][1];
  };
  const [weight] = tensors;
  expect(await second("square.safetensors", "--layout", "tapeless")).toEqual([...weight.numbers]);
  expect(await second("square.safetensors", "--layout", "pytorch")).toEqual(transposed(weight));
  place.write("pt.safetensors", safetensors.encode(tensors, { format: "pt" }));
  expect(await second("pt.safetensors")).toEqual(transposed(weight));
  place.write("own.safetensors", safetensors.encode(tensors, { format: "tapeless" }));
  expect(await second("own.safetensors")).toEqual([...weight.numbers]);
});

describe("files that do not fit are refused, and nothing is written", () => {
  const refused = async (words: readonly string[], ...said: readonly (string | RegExp)[]) => {
    expectRefusal(await importing(...words, "flowers.json", "-o", "none.ckpt"), ...said);
    expect(place.made()).not.toContain("none.ckpt");
  };

  it("all mismatches together", async () => {
    write(
      "wrong.safetensors",
      tensor("net.0.weight", 2, 4),
      tensor("net.0.bias", 4),
      tensor("net.2.weight", 3, 5),
      tensor("net.2.bias", 3),
      tensor("rnn.weight_hr_l0", 3, 3),
      tensor("conv.parametrizations.weight.original0", 1),
    );
    await refused(
      ["wrong.safetensors"],
      'wrong.safetensors error T3002: the tensors do not match the parameters of "flowers"',
      'note: "dense1" needs "net.0.weight" of shape [4, 2], but the file has [2, 4]: it is transposed, as in tapeless',
      'note: "dense2" needs "net.2.weight" of shape [3, 4], but the file has [3, 5]\n',
      'note: "rnn.weight_hr_l0" [3, 3] of the file is not used: layers with proj_size are not supported',
      "is not used: remove the parametrisation in PyTorch first",
      "`tapeless import FILE SPEC > map.yaml` writes the map that was derived so far",
    );
    // Without an output, the map that was derived so far is printed.
    const { code, stdout } = await importing("wrong.safetensors", "flowers.json");
    expect(code).toBe(2);
    expect(stdout).toMatch(/^ {2}dense1\.weight: +# \[2, 4\]$/m);
  });

  it("missing layers, missing biases and other gates", async () => {
    write("few.safetensors", tensor("a.weight", 4, 2));
    await refused(
      ["few.safetensors"],
      'note: "dense1" needs "a.bias" [4], which the file does not have',
      'note: "dense2.weight" [4, 3] gets nothing: no module of the file fits',
    );
    const network = [
      { type: "reshape", shape: [2, 1] },
      { type: "lstm", units: 3 },
    ];
    place.write("gates.json", { ...flowers, network });
    const recurrent = ["ih", "hh"].flatMap((kind) => [
      tensor(`r.weight_${kind}_l0`, 9, kind === "ih" ? 1 : 3),
      tensor(`r.bias_${kind}_l0`, 9),
    ]);
    write("gates.safetensors", ...recurrent);
    expectRefusal(
      await importing("gates.safetensors", "gates.json", "-o", "none.ckpt"),
      '"lstm1" needs "r.weight_ih_l0" of shape [12, 1], but the file has [9, 1]: an lstm has four gates, a gru three',
    );
  });

  it.each([
    ["parameters: [", /map\.yaml:1:\d+ error T3006: /],
    ["", "map.yaml:1:1 error T3006: parameters must be an object with an entry for each parameter"],
    [
      "parameters: {}\nunsed: []",
      'T3006: the map has the unknown key "unsed"; its keys are parameters, unused',
    ],
    ["parameters: {}\nunused: a", "map.yaml:2:9 error T3006: unused must be a list of tensor names"],
    [
      "parameters: { a: true }",
      "T3006: parameters.a must be an object with the keys tensor, rows, reshape, permute",
    ],
    [
      "parameters: { a: { tensor: 3 } }",
      "T3006: parameters.a.tensor must be the name of a tensor of the file",
    ],
    [
      "parameters: { a: { tensor: b, rows: [1] } }",
      "parameters.a.rows must be the first row and the row after the last",
    ],
    ["parameters: { a: { tensor: b, permute: [-1] } }", "parameters.a.permute[0] must not be negative"],
    [
      "parameters: { a: { tensor: b, reshape: [1,1,1,1,1,1,1,1,1] } }",
      "parameters.a.reshape must have at most 8 sizes",
    ],
    ["parameters: { a: { tensor: b, axes: 3 } }", 'parameters.a has the unknown key "axes"'],
    [
      "parameters: { dense1.wight: net.0.weight }",
      '"dense1.wight" in the map is not a parameter of the model; did you mean',
    ],
    ["parameters: {}", '"dense1.weight" [2, 4] gets nothing: the map has no entry for it'],
    ["parameters: {}", '"net.0.weight" [4, 2] of the file is not used'],
    [
      "parameters: { dense1.bias: net.0.bia }",
      '"dense1.bias" needs "net.0.bia", but the file has no such tensor; it has',
    ],
    [
      "parameters: { dense1.weight: net.0.weight }",
      '"net.0.weight" [4, 2] gives [4, 2]: add permute: [1, 0]',
    ],
    [
      "parameters: { dense1.weight: { tensor: net.0.weight, rows: [3, 5] } }",
      '"dense1.weight": "net.0.weight" [4, 2] has no rows 3 to 5',
    ],
    [
      "parameters: { dense1.weight: { tensor: net.0.weight, reshape: [1000000000, 1000000000] } }",
      '"net.0.weight" [4, 2] cannot be reshaped to [1000000000, 1000000000]',
    ],
    [
      "parameters: { dense1.weight: { tensor: net.0.weight, permute: [0, 0] } }",
      '"net.0.weight" [4, 2] cannot be permuted by [0, 0]',
    ],
    [
      "parameters: { __proto__: net.0.weight }",
      '"dense1.weight" [2, 4] gets nothing: the map has no entry for it',
    ],
  ])("the map %j", async (text, said) => {
    place.write("map.yaml", text);
    await refused(["torch.safetensors", "--map", "map.yaml"], said);
  });

  it("a map that cannot be read", async () => {
    await refused(
      ["torch.safetensors", "--map", "no.yaml"],
      "no.yaml error T3006: cannot read the map: no such file",
    );
  });
});

describe("hostile files end in a diagnostic, and allocate nothing that they merely declare", () => {
  /** A file with this header, which declares to have `length` bytes, and 64 bytes of data. */
  const file = (header: string, length = Buffer.byteLength(header)): Uint8Array => {
    const bytes = Buffer.alloc(8 + Buffer.byteLength(header) + 64);
    bytes.writeBigUInt64LE(BigInt(length));
    bytes.write(header, 8);
    return bytes;
  };
  const entry = (name: string, dtype: string, shape: string, offsets: string): string =>
    `"${name}":{"dtype":"${dtype}","shape":${shape},"data_offsets":${offsets}}`;
  const whole = entry("a", "F32", "[16]", "[0,64]");

  it.each([
    ["a header of 2 GB", file("{}", 2 ** 31), "it declares a header of 2147483648 bytes, but only 66 follow"],
    ["a header of 2⁶³ bytes", file("{}", 2 ** 63), "declares a header of 9223372036854775808 bytes"],
    ["no header", new Uint8Array(7), "this is not a safetensors file: it is too short"],
    ["a header that is not JSON", file("{"), "its header is not a JSON object"],
    ["a header of nested lists", file("[".repeat(100_000)), "its header is not a JSON object"],
    ["a tensor of 4 TB", file(`{${entry("a", "F32", "[1048576,1048576]", "[0,64]")}}`), "need 4398046511104"],
    [
      "a tensor after the end",
      file(`{${entry("a", "F32", "[16]", "[64,128]")}}`),
      'the file is truncated: "a" ends',
    ],
    [
      "overlapping tensors",
      file(`{${whole},${entry("b", "F32", "[8]", "[32,64]")}}`),
      '"b" does not begin where',
    ],
    [
      "a gap",
      file(`{${entry("a", "F32", "[8]", "[32,64]")}}`),
      '"a" does not begin where the previous tensor ends',
    ],
    [
      "unused bytes",
      file(`{${entry("a", "F32", "[8]", "[0,32]")}}`),
      "the tensors take 32 bytes, but 64 follow",
    ],
    ["a wrong size", file(`{${entry("a", "F64", "[16]", "[0,64]")}}`), "shape [16] and type F64 need 128"],
    [
      "negative sizes",
      file(`{${entry("a", "F32", "[-4,-4]", "[0,64]")}}`),
      'the header entry of "a" is invalid',
    ],
    [
      "fractional offsets",
      file(`{${entry("a", "F32", "[16]", "[0,63.5]")}}`),
      'the header entry of "a" is invalid',
    ],
    [
      "no shape",
      file('{"a":{}}'),
      'the header entry of "a" is invalid: it needs dtype, shape and data_offsets',
    ],
    [
      "the name __proto__",
      file(`{${entry("__proto__", "F32", "[16]", "[0,64]")}}`),
      '"__proto__" [16] of the file is not used',
    ],
    [
      "the name constructor",
      file(`{${entry("constructor.weight", "F32", "[16]", "[0,64]")}}`),
      '"constructor.weight" [16]',
    ],
    [
      "a name with an escape",
      file(`{${entry("\\u001b[31m", "F32", "[16]", "[0,64]")}}`),
      "[16] of the file is not used",
    ],
    [
      "a name of 100 kB",
      file(`{${entry("x.".repeat(50_000), "F32", "[16]", "[0,64]")}}`),
      "of the file is not used",
    ],
    ["metadata that is a list", file(`{"__metadata__":[1],${whole}}`), '"a" [16] of the file is not used'],
  ])("%s", async (_, bytes, said) => {
    place.write("hostile.safetensors", bytes);
    const outcome = await importing("hostile.safetensors", "flowers.json", "-o", "none.ckpt");
    expectRefusal(outcome, said);
    expect(outcome.stderr).not.toContain("\u001b");
    expect(outcome.stderr.length).toBeLessThan(3000);
  });

  it("whole numbers in place of weights", async () => {
    const names = [weight1, bias1, weight2, bias2].map(({ name }) => name);
    let end = 0;
    const entries = [[4, 2], [4], [3, 4], [3]].map((shape, i) => {
      const begin = end;
      end += 4 * shape.reduce((a, b) => a * b, 1);
      return entry(names[i], "I32", JSON.stringify(shape), `[${begin},${end}]`);
    });
    const header = `{${entries.join(",")}}`;
    place.write(
      "whole.safetensors",
      Buffer.concat([file(header).subarray(0, 8 + header.length), Buffer.alloc(end)]),
    );
    expectRefusal(
      await importing("whole.safetensors", "flowers.json", "--layout", "pytorch", "-o", "none.ckpt").then(
        (outcome) => ({ ...outcome, stdout: "" }),
      ),
      "has values of type I32; parameters must be floats of 16, 32 or 64 bits",
    );
  });
});
