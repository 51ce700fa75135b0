// Checkpoints with a forged header and a correct checksum. If a test fails, a command ends with an internal
// error, or a trainer continues from an impossible state.
import { expect, test } from "vitest";
import { fieldsFor, openCheckpoint } from "../../../../src/command/formats/parameters/checkpoint.ts";
import { parametersIn } from "../../../../src/command/formats/parameters/parameters.ts";
import { readCheckpoint } from "../../../../src/runtime/checkpoints/checkpoint.ts";
import { InputError } from "../../../../src/runtime/step/errors.ts";
import { lineData, linearTrainer, model } from "../../../runtime/linear-machine.ts";

const trainer = linearTrainer();
trainer.fit(lineData(10), { epochs: 2, earlyStopping: { patience: 5 } });
const fields = [
  {
    name: "x",
    columns: ["u", "v"],
    scales: [
      { shift: 0, span: 1 },
      { shift: 1, span: 2 },
    ],
  },
  { name: "y", columns: ["y"], classNames: ["a", "b"] },
];
const { header, data } = readCheckpoint(trainer.save({ fields, stopped: 2 }));

/** The bytes of a checkpoint with this text as its header, and a correct checksum. */
function forged(text: string): Uint8Array {
  const bytes = Uint8Array.of(...new TextEncoder().encode(`${text}\n`), ...data);
  let sum = 0x811c9dc5;
  for (const byte of bytes) sum = Math.imul(sum ^ byte, 0x01000193);
  return Uint8Array.of(...bytes, ...new Uint8Array(Int32Array.of(sum).buffer));
}

const withHeader = (other: object): Uint8Array => forged(JSON.stringify(other));

/** The message of the InputError that `work` throws, or undefined. Throws any other error. */
function refusal(work: () => unknown): string | undefined {
  try {
    work();
    return undefined;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return error.message;
  }
}

test("an unchanged copy is accepted", () => {
  expect(refusal(() => linearTrainer().load(withHeader(header)))).toBeUndefined();
  expect(parametersIn(withHeader(header)).tensors.map(({ name }) => name)).toEqual([
    "dense1.weight",
    "dense1.bias",
  ]);
});

test.each<[string, string, string, string]>([
  ["only a version", '{"tapeless":2,"x":1}', 'the checkpoint has no valid "model"', 'no valid "model"'],
  ["no JSON", '{"tapeless":2,', 'no valid "model"', 'no valid "model"'],
  ["no model", JSON.stringify({ ...header, model: undefined }), 'no valid "model"', 'no valid "model"'],
  [
    "no progress",
    JSON.stringify({ ...header, progress: null }),
    'no valid "progress"',
    'no valid "progress"',
  ],
  ["no notes", JSON.stringify({ ...header, notes: null }), 'no valid "notes"', 'no valid "notes"'],
])("%s is rejected with its error", (_, text, byTrainer, byCommand) => {
  expect(refusal(() => linearTrainer().load(forged(text)))).toContain(byTrainer);
  expect(refusal(() => openCheckpoint(forged(text)))).toContain(byCommand);
});

test.each<[object, string]>([
  [
    { model: { ...model, parameters: [{ name: "w", shape: [-5], trainable: true }] } },
    "model.parameters.0.shape.0",
  ],
  [
    { model: { ...model, parameters: [{ name: "w", shape: [1e9, 1e9], trainable: true }] } },
    "its parameters take 8000000000000000000 bytes, but 80 follow",
  ],
  [{ model: { ...model, dtype: "f16" } }, "model.dtype"],
  [{ notes: { fields: null } }, "notes.fields"],
  [{ notes: { fields: [null] } }, "notes.fields.0"],
  [{ notes: { fields: [{ name: "x", columns: "u" }] } }, "notes.fields.0.columns"],
])("a command rejects %j", (part, message) => {
  expect(refusal(() => parametersIn(withHeader({ ...header, ...part })))).toContain(message);
});

test("the preprocessing of another model is rejected", () => {
  expect(fieldsFor(model, fields)).toBe(fields);
  expect(fieldsFor(model, undefined)).toBeUndefined();
  for (const others of [[], fields.slice(1), [...fields].reverse()])
    expect(refusal(() => fieldsFor(model, others))).toContain('but the model needs that of "x, y"');
});

/** Variants of the header: each of its values in turn is removed, or replaced by each of these values. */
function* mutations(): Generator<object> {
  const others = [undefined, null, -5, 1.5, 1e300, "", "x", true, [], {}, [null], { length: 3 }];
  const paths: (readonly string[])[] = [];
  const walk = (value: unknown, path: readonly string[]): void => {
    if (path.length > 0) paths.push(path);
    for (const key of Object.keys(typeof value === "object" ? Object(value) : {}))
      walk(Reflect.get(Object(value), key), [...path, key]);
  };
  walk(header, []);
  for (const path of paths.filter(([key]) => key !== "tapeless"))
    for (const other of others) {
      const copy: unknown = structuredClone(header);
      const owner: unknown = path.slice(0, -1).reduce((part, key) => Reflect.get(Object(part), key), copy);
      Reflect.set(Object(owner), path.at(-1) ?? "", other);
      yield Object(copy);
    }
}

test("any change of a header is accepted or rejected with an InputError, by the trainer and by the commands", () => {
  const fresh = linearTrainer({ seed: 99 });
  const before = fresh.save();
  let count = 0;
  for (const other of mutations()) {
    const bytes = withHeader(other);
    refusal(() => parametersIn(bytes));
    if (refusal(() => fresh.load(bytes)) === undefined) {
      expect(Number.isInteger(fresh.epoch) && fresh.epoch >= 0).toBe(true);
      fresh.load(before);
    }
    expect(fresh.save({ fields: undefined, stopped: undefined })).toEqual(before);
    count++;
  }
  expect(count).toBeGreaterThan(300);
});
