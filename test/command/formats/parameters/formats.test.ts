// The formats of parameter files. If a test fails, another library reads different values from those written,
// or an invalid file is accepted.
import { safetensors as loader } from "@jax-js/loaders";
import { zipSync } from "fflate";
import { dump } from "npyjs";
import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { membersOf, npzOf } from "../../../../src/command/formats/npy.ts";
import { npz, safetensors } from "../../../../src/command/formats/parameters/formats.ts";
import type {
  NamedTensor,
  StoredTensor,
  TensorFormat,
} from "../../../../src/command/formats/parameters/tensors.ts";
import { InputError } from "../../../../src/runtime/step/errors.ts";

const formats: Readonly<Record<string, TensorFormat>> = { safetensors, npz };

/** Values that an incorrect reader or writer would change. */
const odd = [0, -0, 1e-45, -3.4e38, 0.1, 1 / 3];
const tensors: readonly NamedTensor[] = [
  { name: "dense1.weight", shape: [3, 2], numbers: Float32Array.from(odd) },
  { name: "dense1.bias", shape: [1], numbers: Float64Array.of(0.1) },
  { name: "größe-_.x", shape: [], numbers: Float32Array.of(7) },
  { name: "none", shape: [0, 4], numbers: new Float32Array(0) },
];
const facts = { format: "tapeless", model: 'a "b"' };
const reported = (stored: readonly StoredTensor[]) =>
  stored.map(({ name, shape, numbers }) => ({ name, shape: [...shape], numbers: Array.from(numbers()) }));
const byName = <T extends { name: string }>(list: readonly T[]) =>
  [...list].sort((a, b) => (a.name < b.name ? -1 : 1));
const expected = byName(
  tensors.map(({ name, shape, numbers }) => ({ name, shape: [...shape], numbers: [...numbers] })),
);

test.each(Object.entries(formats))(
  "%s preserves every bit, at any offset in a buffer",
  (_, { encode, decode }) => {
    const bytes = encode(tensors, facts);
    expect(encode(tensors, facts)).toEqual(bytes);
    expect(byName(reported(decode(bytes).tensors))).toEqual(expected);
    const around = new Uint8Array(bytes.length + 3);
    around.set(bytes, 3);
    expect(byName(reported(decode(around.subarray(3)).tensors))).toEqual(expected);
  },
);

test("our arrays have the same bytes as those of another library", () => {
  for (const { name, shape, numbers } of tensors) {
    const [bytes] = [...membersOf(npzOf([{ name, shape, numbers }])).values()];
    expect(bytes).toEqual(new Uint8Array(dump(numbers, [...shape])));
  }
});

test("another library reads our safetensors, with aligned data and metadata", () => {
  const bytes = safetensors.encode(tensors, facts);
  const file = loader.parse(bytes.slice());
  expect(file.metadata).toEqual(facts);
  const read = Object.entries(file.tensors).map(([name, { shape, data }]) => ({
    name,
    shape,
    numbers: Array.from(data, Number),
  }));
  expect(byName(read)).toEqual(expected);
  expect(file.tensors["dense1.bias"].dtype).toBe("F64");
  expect(new DataView(bytes.buffer).getUint32(0, true) % 8).toBe(0);
});

const hasNumPy = (() => {
  try {
    execFileSync("python3", ["-c", "import numpy"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const inPython = (code: string, input: Uint8Array): Buffer =>
  execFileSync("python3", ["-c", code], { input });

test.skipIf(!hasNumPy)(
  "NumPy reads our .npz, and we read NumPy's: packed, transposed, of 16 and 64 bits",
  () => {
    const list = `import sys, io, json, numpy as np
z = np.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
print(json.dumps([{"name": k, "shape": z[k].shape, "numbers": z[k].astype("f8").ravel().tolist()} for k in z]))`;
    expect(byName(JSON.parse(String(inPython(list, npz.encode(tensors, facts)))))).toEqual(expected);
    const back = `import sys, io, numpy as np
z = np.load(io.BytesIO(sys.stdin.buffer.read()))
w, out = z["dense1.weight"], io.BytesIO()
np.savez_compressed(out, plain=w, wide=w.astype("f8"), half=np.array([1.5, -2, 6e-8], "f2"), t=w.T, cube=np.arange(24, dtype="f4").reshape(2, 3, 4).T)
sys.stdout.buffer.write(out.getvalue())`;
    const stored = new Map(
      reported(npz.decode(inPython(back, npz.encode(tensors, facts))).tensors).map((each) => [
        each.name,
        each,
      ]),
    );
    const weight = [...tensors[0].numbers];
    expect(stored.get("plain")).toMatchObject({ shape: [3, 2], numbers: weight });
    expect(stored.get("wide")).toMatchObject({ numbers: weight });
    expect(stored.get("half")?.numbers).toEqual([1.5, -2, Math.fround(2 ** -24)]);
    expect(stored.get("t")).toMatchObject({
      shape: [2, 3],
      numbers: [0, 2, 4, 1, 3, 5].map((i) => weight[i]),
    });
    const cube = stored.get("cube");
    expect(cube?.shape).toEqual([4, 3, 2]);
    expect(cube?.numbers.slice(0, 4)).toEqual([0, 12, 4, 16]);
  },
);

/** A safetensors file with this header and `bytes` zero bytes of data. */
function withHeader(header: unknown, bytes = 8): Uint8Array {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + bytes);
  new DataView(file.buffer).setUint32(0, text.length, true);
  file.set(text, 8);
  return file;
}
const entry = (dtype: string, shape: unknown, begin: unknown, end: unknown) => ({
  dtype,
  shape,
  data_offsets: [begin, end],
});

test("float16 and bfloat16 are read, which are common in PyTorch's files", () => {
  const file = withHeader({ half: entry("F16", [2], 0, 4), brain: entry("BF16", [2], 4, 8) });
  new DataView(file.buffer).setUint16(file.length - 8, 0x3e00, true);
  new DataView(file.buffer).setUint16(file.length - 6, 0xc000, true);
  new DataView(file.buffer).setUint16(file.length - 4, 0x3fc0, true);
  new DataView(file.buffer).setUint16(file.length - 2, 0xff7f, true);
  expect(reported(safetensors.decode(file).tensors)).toEqual([
    { name: "half", shape: [2], numbers: [1.5, -2] },
    { name: "brain", shape: [2], numbers: [1.5, -3.3895313892515355e38] },
  ]);
});

test("integer tensors are an error only when their values are read", () => {
  const [steps] = safetensors.decode(withHeader({ steps: entry("I64", [], 0, 8) })).tensors;
  expect(() => steps.numbers()).toThrow(
    '"steps" has values of type I64; parameters must be floats of 16, 32 or 64 bits',
  );
  const file = zipSync({ "steps.npy": new Uint8Array(dump(Int32Array.of(1))) });
  const [counts] = npz.decode(file).tensors;
  expect(() => counts.numbers()).toThrow('"steps" has values of type "i4" (NumPy\'s name)');
  expect(() => counts.numbers()).toThrow(InputError);
});

const npy = (dict: string, bytes = 8) => {
  const header = dict.padEnd(8 * Math.ceil((10 + dict.length) / 8) - 10);
  const file = new Uint8Array(10 + header.length + bytes);
  file.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, header.length, 0]);
  file.set(new TextEncoder().encode(header), 10);
  return zipSync({ "w.npy": file });
};
const lying = (() => {
  const file = zipSync({ "w.npy": new Uint8Array(10) }, { level: 0 });
  const directory = new DataView(file.buffer).getUint32(file.length - 6, true);
  new DataView(file.buffer).setUint32(directory + 24, 0xfffffff0, true);
  return file;
})();

describe("invalid files are rejected with a reason", () => {
  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /^this is not a safetensors file: it is too short$/],
    [
      "a huge header",
      new Uint8Array(16).fill(255),
      /it declares a header of 18446744073709551615 bytes, but only 8 follow$/,
    ],
    [
      "a header longer than the file",
      withHeader("{}", 0).with(0, 3),
      /it declares a header of 3 bytes, but only 2 follow$/,
    ],
    ["no JSON", withHeader("{]"), /its header is not a JSON object$/],
    ["a list", withHeader([]), /its header is not a JSON object$/],
    ["null", withHeader("null"), /its header is not a JSON object$/],
    ["an entry without keys", withHeader({ w: null }), /^the header entry of "w" is invalid/],
    ["no offsets", withHeader({ w: { dtype: "F32", shape: [2] } }), /^the header entry of "w" is invalid/],
    ["an invalid shape", withHeader({ w: entry("F32", "2", 0, 8) }), /^the header entry of "w" is invalid/],
    [
      "a negative extent",
      withHeader({ w: entry("F32", [-1, -2], 0, 8) }),
      /^the header entry of "w" is invalid/,
    ],
    [
      "a fractional extent",
      withHeader({ w: entry("F32", [0.5, 4], 0, 8) }),
      /^the header entry of "w" is invalid/,
    ],
    [
      "offsets in the wrong order",
      withHeader({ w: entry("F32", [2], 8, 0) }),
      /^the header entry of "w" is invalid/,
    ],
    [
      "offsets that are not numbers",
      withHeader({ w: entry("F32", [2], "0", "8") }),
      /^the header entry of "w" is invalid/,
    ],
    [
      "an end beyond the file",
      withHeader({ w: entry("F32", [4], 0, 16) }),
      /^the file is truncated: "w" ends at byte 16, but the file has 8/,
    ],
    [
      "a shape that does not fit",
      withHeader({ w: entry("F32", [3], 0, 8) }),
      /^"w" has 8 bytes, but shape \[3\] and type F32 need 12$/,
    ],
    [
      "a shape that overflows",
      withHeader({ w: entry("F32", [2 ** 52, 2 ** 52], 0, 8) }),
      /^"w" has 8 bytes, but shape .* need /,
    ],
    [
      "overlap",
      withHeader({ v: entry("F32", [2], 0, 8), w: entry("F32", [1], 4, 8) }),
      /^"w" does not begin where the previous tensor ends$/,
    ],
    ["a gap", withHeader({ v: entry("F32", [1], 4, 8) }), /^"v" does not begin where/],
    [
      "bytes without a tensor",
      withHeader({ v: entry("F32", [1], 0, 4) }),
      /^the tensors take 4 bytes, but 8 follow the header$/,
    ],
  ])("safetensors: %s", (_, bytes, message) => {
    expect(() => safetensors.decode(bytes)).toThrow(InputError);
    expect(() => safetensors.decode(bytes)).toThrow(message);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ["nothing", new Uint8Array(0), /^this is not an \.npz file: it is not a zip archive$/],
    ["no archive", safetensors.encode(tensors, facts), /^this is not an \.npz file/],
    [
      "the beginning of an archive",
      npz.encode(tensors, facts).slice(0, 99),
      /^the archive is damaged or truncated: /,
    ],
    ["an array that claims to be huge", lying, /"w\.npy" would unpack to more than 268435456 bytes$/],
    ["no array", zipSync({ "w.npy": new Uint8Array(3) }), /^"w" is not a valid \.npy array: /],
    [
      "other bytes",
      zipSync({ "w.npy": new Uint8Array(99) }),
      /^"w" is not a valid \.npy array: it does not begin with the signature/,
    ],
    ["an array without a type", npy("{'shape': (1,)}"), /^"w" is not a valid \.npy array: /],
    [
      "complex numbers",
      npy("{'descr': '<c8', 'fortran_order': False, 'shape': (1,)}"),
      /^"w" is not a valid \.npy array: the type '<c8' is not supported: values must be numbers, booleans or strings$/,
    ],
    [
      "a shape that does not fit",
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (3,)}"),
      /^"w" is not a valid \.npy array: the array has the wrong size: an array of shape \[3\] takes/,
    ],
    [
      "an invalid shape",
      npy("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,)}"),
      /^"w" is not a valid \.npy array: the header of the array contains no shape$/,
    ],
  ])(".npz: %s", (_, bytes, message) => {
    expect(() => npz.decode(bytes)).toThrow(InputError);
    expect(() => npz.decode(bytes)).toThrow(message);
  });
});
