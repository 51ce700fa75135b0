// ONNX models with external data. If a test fails, a model gets other weights than those in its files, reads a file
// outside of its folder, or allocates what it only declares.
import { spawnSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { parametersIn } from "../../src/command/formats/parameters/parameters.ts";
import { openModel } from "../../src/command/onnx/model-diagnostics.ts";
import { DiagnosticError } from "../../src/compiler/diagnostics/errors.ts";
import { readModel } from "../../src/compiler/library/onnx/model-file.ts";
import type { OnnxModel } from "../../src/compiler/library/onnx/model.ts";
import { readSpec } from "../../src/compiler/spec/read/read-spec.ts";
import { compile, differentiate, train } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import { compileText } from "../../src/studio/browser/compile-text.ts";
import { workspace } from "../command/cli/workspace.ts";
import { DataType, dense, modelBytes, reals } from "./make-model.ts";
import { lacksModules, python } from "../support/python.ts";

const place = workspace();
afterAll(place.remove);

type Entries = Readonly<Record<string, string>>;

/** The model `dense`, whose weights w [2, 3] are external. */
const external = (entries: Entries, dims: readonly number[] = [2, 3], dataType: number = DataType.FLOAT) =>
  modelBytes({
    ...dense,
    initializer: [
      {
        name: "w",
        dims: dims.map(BigInt),
        dataType,
        dataLocation: 1,
        externalData: Object.entries(entries).map(([key, value]) => ({ key, value })),
      },
      reals("b", [3], [0.5, 0, -0.5]),
    ],
  });

/** Eight bytes that belong to no tensor, and the numbers. */
const weights = (...values: readonly number[]): Uint8Array => {
  const bytes = new Uint8Array(8 + 4 * values.length).fill(255);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setFloat32(8 + 4 * i, value, true));
  return bytes;
};

const entries = { location: "weights/w.bin", offset: "8", length: "24" };
place.write("model.onnx", external(entries));
place.write("weights/w.bin", weights(1, 2, 3, 4, 5, 6));

const spec: ModelSpec = {
  name: "external",
  inputs: { x: { shape: [2] } },
  targets: { y: { shape: [3] } },
  network: [{ type: "onnx", file: "model.onnx" }],
  loss: "mse",
  optimizer: "sgd",
  training: { epochs: 1, batchSize: 3 },
};
place.write("spec.json", spec);

const numbersOf = (model: OnnxModel, name: string): readonly number[] =>
  Array.from(model.initialisers.get(name)?.values ?? []);

const inFolder = (file: string): string => join(place.folder, file);
const refusalOf = async (work: Promise<unknown>): Promise<string> => {
  const error: unknown = await work.catch((thrown: unknown) => thrown);
  if (!(error instanceof DiagnosticError)) throw new Error(`no diagnostic, but ${String(error)}`);
  return error.diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n");
};

describe("a model with external data", () => {
  it("has the numbers of its files", async () => {
    const { model } = await openModel(inFolder("model.onnx"));
    expect(numbersOf(model, "w")).toEqual([1, 2, 3, 4, 5, 6]);
    expect(numbersOf(model, "b")).toEqual([0.5, 0, -0.5]);
  });

  it("may omit the offset and the length", async () => {
    place.write("short.onnx", external({ location: "./short.bin" }));
    place.write("short.bin", weights(1, 2, 3, 4, 5, 6).slice(8));
    const { model } = await openModel(inFolder("short.onnx"));
    expect(numbersOf(model, "w")).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("is imported with its weights", async () => {
    const { code, stderr } = await place.run("import", "model.onnx", "-o", "out/imported.yaml");
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(parse(place.read("out/imported.yaml"))).toMatchObject({
      network: [{ type: "dense", units: 3, activation: "relu" }],
    });
    const [{ numbers }] = parametersIn(place.bytes("out/imported.ckpt")).tensors;
    expect([...numbers]).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it("is inspected, and differentiated", async () => {
    const { stdout } = await place.run("inspect", "model.onnx");
    expect(stdout).toContain("gemm  Gemm      [n, 3]  w [2, 3], b [3]");
    const { bytes } = await differentiate(inFolder("model.onnx"));
    expect(readModel(bytes).outputs).toContain("gradient:w");
  });

  it("is a layer, and the hash of the spec covers its data and its file", async () => {
    const hashOf = async (): Promise<string> => (await readSpec(inFolder("spec.json"))).model.specHash;
    const first = await hashOf();
    expect(await hashOf()).toBe(first);
    place.write("weights/w.bin", weights(1, 2, 3, 4, 5, 7));
    const otherData = await hashOf();
    place.write("model.onnx", external({ ...entries, checksum: "none" }));
    const otherFile = await hashOf();
    expect(new Set([first, otherData, otherFile]).size).toBe(3);
    place.write("model.onnx", external(entries));
    place.write("weights/w.bin", weights(1, 2, 3, 4, 5, 6));
    expect(await hashOf()).toBe(first);
  });

  it("is trained by the library from the folder of the spec", async () => {
    const columns = { inputs: { x: { columns: ["a", "b"] } }, targets: { y: { columns: ["c", "d", "e"] } } };
    const { result } = await train(
      { ...spec, data: { file: "rows.csv", ...columns } },
      { data: [1, 2, 3].map((a) => ({ a, b: 1, c: a, d: 2, e: 3 })), folder: place.folder },
    );
    expect(Number.isFinite(result.train.loss)).toBe(true);
  });

  it("reports the paths of its data, which --watch watches", async () => {
    const files: string[] = [];
    await readSpec(inFolder("spec.json"), (path) => files.push(path));
    expect(files).toEqual([inFolder("model.onnx"), inFolder("weights/w.bin")]);
  });
});

describe("where there are only bytes", () => {
  const message = new RegExp(
    '"w" has its data in another file, which is not available here; embed it first, in Python: ' +
      String.raw`onnx\.save\(onnx\.load\("model\.onnx"\), "embedded\.onnx", save_as_external_data=False\)`,
  );

  it("the library says that external data must be embedded", async () => {
    const files = { "model.onnx": external(entries) };
    expect(await refusalOf(compile(spec, { files }))).toMatch(message);
    expect(await refusalOf(differentiate(external(entries)))).toMatch(message);
  });

  it("the playground says that external data must be embedded", async () => {
    const files = { "model.onnx": external(entries) };
    expect(await refusalOf(compileText(JSON.stringify(spec), files))).toMatch(message);
  });
});

/** Files, links to files and folders outside and inside of the folder `inside`, and a large sparse file. */
function writeFiles(): void {
  mkdirSync(inFolder("inside/folder"), { recursive: true });
  writeFileSync(inFolder("outside.bin"), weights(1, 2, 3, 4, 5, 6));
  writeFileSync(inFolder("inside/w.bin"), weights(1, 2, 3, 4, 5, 6));
  writeFileSync(inFolder("inside/sparse.bin"), "");
  truncateSync(inFolder("inside/sparse.bin"), 2 ** 32);
  symlinkSync("../outside.bin", inFolder("inside/link.bin"));
  symlinkSync("..", inFolder("inside/up"));
  symlinkSync("w.bin", inFolder("inside/good.bin"));
  symlinkSync("none.bin", inFolder("inside/dangling.bin"));
}

const mistakes: readonly (readonly [what: string, model: Uint8Array, message: string])[] = [
  [
    "a missing file",
    external({ location: "none.bin" }),
    'the initialiser "w" has its data in "none.bin", which cannot be read: no such file or folder',
  ],
  [
    "a folder",
    external({ location: "folder" }),
    '"w" has its data in "folder", which cannot be read: it is not a file',
  ],
  ["no location", external({ offset: "0" }), 'the initialiser "w" has external data without a location'],
  ...[
    "../outside.bin",
    "folder/../../outside.bin",
    "/etc/passwd",
    "..\\outside.bin",
    "C:\\w.bin",
    "w.bin\0",
  ].map(
    (location) =>
      [
        `the location ${JSON.stringify(location)}`,
        external({ location }),
        "external data must be in the folder of the model",
      ] as const,
  ),
  ...["link.bin", "up/outside.bin"].map(
    (location) =>
      [
        `the symbolic link ${location}`,
        external({ location }),
        `"w" has its data in "${location}", which cannot be read: it is a symbolic link to a file outside of the folder`,
      ] as const,
  ),
  [
    "a symbolic link to nothing",
    external({ location: "dangling.bin" }),
    'has its data in "dangling.bin", which cannot be read: no such file or folder',
  ],
  [
    "an offset beyond the end",
    external({ location: "w.bin", offset: "16" }),
    'the initialiser "w" has 24 bytes from 16 on in "w.bin", which has only 32 bytes',
  ],
  [
    "a length that does not fit the shape",
    external({ location: "w.bin", length: "20" }),
    "has the shape [2, 3], which has 24 bytes, but the length of its external data is 20",
  ],
  ...["-1", "1.5", "1e3", "0x8", " 8", "", "9007199254740992", "9".repeat(400)].map(
    (offset) =>
      [
        `the offset "${offset.slice(0, 20)}"`,
        external({ location: "w.bin", offset }),
        'the offset of the external data of the initialiser "w" must be a whole number from 0 to 2⁵³ - 1, got "',
      ] as const,
  ),
  [
    "a negative length",
    external({ location: "w.bin", length: "-24" }),
    'the length of the external data of the initialiser "w" must be a whole number from 0 to 2⁵³ - 1, got "-24"',
  ],
  [
    "a huge shape",
    external({ location: "w.bin" }, [2 ** 20, 2 ** 20]),
    'has 4,398,046,511,104 bytes from 0 on in "w.bin", which has only 32 bytes',
  ],
  [
    "a shape whose number of elements is infinite",
    external(
      { location: "w.bin" },
      Array.from({ length: 40 }, () => 2 ** 31),
    ),
    'the initialiser "w" has too many elements: [2147483648, 2147483648, ',
  ],
  ["a negative axis", external({ location: "w.bin" }, [-1, 3]), '"w" has an axis of size -1'],
  [
    "a huge sparse file",
    external({ location: "sparse.bin" }, [2 ** 15, 2 ** 15]),
    "the model has 4,294,967,296 bytes of external data; the limit is 2,147,483,647",
  ],
  [
    "an element type that is not supported",
    external({ location: "w.bin" }, [2, 3], DataType.STRING),
    '"w" has elements of type STRING, which is not supported',
  ],
  [
    "many tensors with the same bytes",
    modelBytes({
      ...dense,
      initializer: ["w", "b", "c", "d"].map((name) => ({
        name,
        dims: [6n],
        dataType: DataType.FLOAT,
        dataLocation: 1,
        externalData: [{ key: "location", value: "w.bin" }],
      })),
    }),
    'the tensors have more than 2 times the 32 bytes of "w.bin": too many of them have the same bytes',
  ],
];

describe("mistakes in external data", () => {
  beforeAll(writeFiles);

  it.each(mistakes)("%s", async (_, model, message) => {
    place.write("inside/model.onnx", model);
    const said = await refusalOf(openModel(inFolder("inside/model.onnx")));
    expect(said).toMatch(/^T3005 /);
    expect(said).toContain(message);
    place.write("inside/spec.json", spec);
    const ofSpec = await refusalOf(readSpec(inFolder("inside/spec.json")));
    expect(ofSpec).toMatch(/^T3005 network\[0\]\.file: /);
    expect(ofSpec).toContain(message);
  });

  it("a symbolic link inside of the folder is followed", async () => {
    place.write("inside/good.onnx", external({ ...entries, location: "good.bin" }));
    const { model } = await openModel(inFolder("inside/good.onnx"));
    expect(model.initialisers.get("w")?.values).toHaveLength(6);
  });
});

const script = fileURLToPath(new URL("external_data.py", import.meta.url));

describe.skipIf(lacksModules("onnx"))("models of Python (need python3-onnx)", () => {
  beforeAll(() => {
    mkdirSync(inFolder("python"));
    const { status, stderr } = spawnSync(python, [script, inFolder("python")], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`Python wrote no models: ${stderr.slice(-1000)}`);
  });

  it.each(["one.onnx", "many.onnx"])("%s is the model without external data", async (name) => {
    const whole = readModel(place.bytes("python/whole.onnx"));
    expect(() => readModel(place.bytes(`python/${name}`))).toThrow("has its data in another file");
    expect((await openModel(inFolder(`python/${name}`))).model).toEqual(whole);
  });

  it("the command of the message embeds the data", () => {
    expect(readModel(place.bytes("python/embedded.onnx"))).toEqual(
      readModel(place.bytes("python/whole.onnx")),
    );
  });
});
