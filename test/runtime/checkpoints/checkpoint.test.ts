// Checkpoints. If a test fails, loading one does not restore every bit, or data that is not a checkpoint is
// accepted.
import { expect, test } from "vitest";
import { decodeCheckpoint, fieldsIn } from "../../../src/runtime/checkpoints/checkpoint.ts";
import { checkFields, checkNoted, type FittedField } from "../../../src/runtime/data/fields.ts";
import { InputError } from "../../../src/runtime/step/errors.ts";
import type { FitOptions, Trainer } from "../../../src/runtime/trainer/trainer.ts";
import { lineData, linearTrainer, model } from "../linear-machine.ts";

const data = lineData(10);
const parametersOf = (trainer: Trainer) => Object.values(trainer.parameters).map((view) => [...view]);

/** A trainer with another seed that loads the checkpoint of this one. */
function successorOf(trainer: Trainer): Trainer {
  const next = linearTrainer({ seed: 99, rate: 0.3 });
  next.load(trainer.save());
  return next;
}

test.each<[string, FitOptions]>([
  ["plain", {}],
  ["with a validation fraction", { validation: 0.3 }],
  ["with early stopping that never stops", { validation: 0.3, earlyStopping: { patience: 50 } }],
])("2N epochs give the same result as N epochs, a checkpoint, and N more epochs: %s", (_, options) => {
  for (const n of [1, 2, 5, 9]) {
    const whole = linearTrainer({ rate: 0.3 });
    const history = whole.fit(data, { epochs: 2 * n, ...options });
    const half = linearTrainer({ rate: 0.3 });
    const before = half.fit(data, { epochs: n, ...options });
    const rest = successorOf(half);
    const after = rest.fit(data, { epochs: n, ...options });
    expect([...before.epochs, ...after.epochs]).toEqual(history.epochs);
    expect(after.bestEpoch).toBe(history.bestEpoch);
    expect(parametersOf(rest)).toEqual(parametersOf(whole));
    expect(rest.save()).toEqual(whole.save());
  }
});

test("a run that is interrupted after any epoch and resumed ends like an uninterrupted one, also if it stops early", () => {
  const options = { epochs: 40, validation: 0.3, earlyStopping: { patience: 4 } };
  const whole = linearTrainer({ rate: 0.3 });
  const expected = whole.fit(data, options);
  expect(expected.stoppedEarly).toBe(true);
  for (let left = 1; left <= expected.epochs.length; left++) {
    const first = linearTrainer({ rate: 0.3 });
    for (const { epoch } of first.epochs(data, options)) if (epoch === left) break;
    const rest = successorOf(first);
    const history = rest.fit(data, { ...options, epochs: 40 - left });
    expect(history.epochs).toEqual(expected.epochs.slice(left));
    expect(history).toMatchObject({ bestEpoch: expected.bestEpoch, stoppedEarly: true });
    expect(parametersOf(rest)).toEqual(parametersOf(whole));
  }
});

test("training continues from parameters that were set after training", () => {
  const trainer = linearTrainer({ rate: 0.3 });
  const four = lineData(4);
  const options = { epochs: 6, earlyStopping: { patience: 50 } };
  expect(trainer.fit(four, options).bestEpoch).toBeLessThan(6);
  trainer.parameters["dense1.weight"].set([0, 0]);
  trainer.parameters["dense1.bias"].set([0]);
  // If all parameters are zero, the first loss is the mean square of the targets.
  const [{ loss }] = trainer.fit(four, options).epochs;
  expect(loss).toBeCloseTo(four.y.reduce((sum, y) => sum + y * y, 0) / 4, 12);
});

test("a loaded trainer continues with the same bits, step by step", () => {
  const trainer = linearTrainer({ rate: 0.3 });
  const batch = lineData(4);
  trainer.step(batch);
  const next = successorOf(trainer);
  expect(next.seed).toBe(trainer.seed);
  for (let i = 0; i < 5; i++) expect(next.step(batch)).toBe(trainer.step(batch));
});

const saved = (() => {
  const trainer = linearTrainer();
  trainer.fit(data, { earlyStopping: { patience: 5 } });
  return trainer.save();
})();
const changed = (at: number, by = 1) => saved.map((byte, i) => (i === at ? byte ^ by : byte));

test.each<[string, Uint8Array, RegExp]>([
  ["nothing", new Uint8Array(0), /^not a checkpoint of this tapeless version$/],
  ["another file", new Uint8Array(200).fill(80), /^not a checkpoint of this tapeless version$/],
  ["a short other file", Uint8Array.of(80, 75, 3, 4), /^not a checkpoint/],
  ["its first bytes", saved.slice(0, 5), /^not a checkpoint/],
  ["its first word", saved.slice(0, 20), /^the checkpoint is damaged or truncated/],
  ["another format", changed(12), /^not a checkpoint of this tapeless version$/],
  ["one byte less", saved.slice(0, -1), /^the checkpoint is damaged or truncated/],
  ["one byte more", Uint8Array.of(...saved, 0), /^the checkpoint is damaged or truncated/],
  ["a changed bit", changed(saved.length - 20), /^the checkpoint is damaged or truncated$/],
])("%s is rejected, and nothing changes", (_, bytes, message) => {
  const trainer = linearTrainer();
  const before = trainer.save();
  expect(() => trainer.load(bytes)).toThrow(InputError);
  expect(() => trainer.load(bytes)).toThrow(message);
  expect(trainer.save()).toEqual(before);
});

test("a checkpoint that is cut at any byte is rejected", () => {
  const trainer = linearTrainer();
  for (let length = 0; length < saved.length; length++)
    expect(() => trainer.load(saved.slice(0, length))).toThrow(InputError);
});

test("a checkpoint with a flipped bit is rejected", () => {
  const trainer = linearTrainer();
  for (let at = 0; at < saved.length; at++)
    expect(() => trainer.load(changed(at, 1 << (at % 8)))).toThrow(InputError);
});

test.each([[undefined], [null], ["model.ckpt"], [[1, 2]], [new Float64Array(4)]])(
  "a value that is not the bytes of a checkpoint is rejected: %s",
  (bytes) => {
    const load = () => Reflect.apply(linearTrainer().load, undefined, [bytes]);
    expect(load).toThrow(InputError);
    expect(load).toThrow("not a checkpoint");
  },
);

test("the bytes may be in an ArrayBuffer", () => {
  const trainer = linearTrainer();
  Reflect.apply(trainer.load, undefined, [saved.slice().buffer]);
  expect(trainer.save()).toEqual(saved);
});

test("a checkpoint of another model, dtype or layout is rejected with that reason", () => {
  const decode = (other: Partial<typeof model>, stateBytes = 56, parameterBytes = 24) =>
    decodeCheckpoint({ ...model, ...other }, stateBytes, parameterBytes, saved);
  expect(() => decode({ name: "curve", specHash: "f".repeat(64) })).toThrow(
    'the checkpoint is for "line" in f64, not for "curve" in f64',
  );
  expect(() => decode({ dtype: "f32" })).toThrow(
    'the checkpoint is for "line" in f64, not for "line" in f32',
  );
  const changed = "the checkpoint is of another spec or compiler; to train longer, use --epochs N";
  expect(() => decode({ specHash: "f".repeat(64) })).toThrow(changed);
  expect(() => decode({}, 64)).toThrow(changed);
  expect(() => decode({}, 56, 32)).toThrow(changed);
  expect(decode({}).progress.epoch).toBe(3);
});

test("a checkpoint may be at any offset in a larger buffer", () => {
  const around = new Uint8Array(saved.length + 3);
  around.set(saved, 3);
  expect(() => linearTrainer().load(around.subarray(3))).not.toThrow();
});

test("the first line of a checkpoint is its header in readable JSON", () => {
  const [line] = new TextDecoder().decode(saved).split("\n");
  expect(JSON.parse(line)).toMatchObject({ tapeless: 2, model, progress: { epoch: 3 }, notes: {} });
});

const fields: readonly FittedField[] = [
  {
    name: "x",
    columns: ["u", "v"],
    scales: [
      { shift: 0.1, span: 1e-7 },
      { shift: 0, span: 1 },
    ],
  },
  { name: "y", columns: ["y"], classNames: ["é\n", "😀"] },
];

test("a checkpoint contains the notes that it was saved with, and so does a trainer that loads it", () => {
  const trainer = linearTrainer({ rate: 0.3 });
  trainer.fit(data, { epochs: 2, earlyStopping: { patience: 50 } });
  expect(fieldsIn(trainer.save())).toBeUndefined();
  const noted = trainer.save({ fields, folds: [1] });
  expect(fieldsIn(noted)).toEqual(fields);
  const next = linearTrainer({ seed: 99, rate: 0.3 });
  expect(next.load(noted)).toEqual({ fields, folds: [1] });
  expect(next.save()).toEqual(noted);
  expect(next.load(next.save({ folds: undefined }))).toEqual({ fields });
});

test("fields that differ from those of a checkpoint are rejected with the first difference", () => {
  expect(() => checkFields(fields, undefined)).not.toThrow();
  expect(() => checkFields(fields, fieldsIn(linearTrainer().save({ fields })))).not.toThrow();
  const other = (change: Partial<FittedField>) => () =>
    checkFields([fields[0], { ...fields[1], ...change }], fields);
  expect(other({ classNames: ["é\n", "ä"] })).toThrow(InputError);
  expect(other({ classNames: ["é\n", "ä"] })).toThrow(
    'the checkpoint was trained on other data: it has y.classNames[1] = "😀", this data has y.classNames[1] = "ä"',
  );
  expect(other({ classNames: ["é\n"] })).toThrow('it has y.classNames[1] = "😀", this data has none');
  expect(() => checkFields([{ ...fields[0], scales: [{ shift: 0, span: 1 }] }], fields)).toThrow(
    'it has x.scales[0] = {"shift":0.1,"span":1e-7}, this data has x.scales[0] = {"shift":0,"span":1}',
  );
});

test("a note that JSON cannot represent is rejected by name, and does not affect the next save()", () => {
  const trainer = linearTrainer();
  const before = trainer.save({ run: 1 });
  const cycle: { self?: object } = {};
  cycle.self = cycle;
  for (const note of [{ count: 1n }, cycle]) {
    const refusal = new InputError('cannot save "my note": it contains a bigint or a cycle');
    expect(() => trainer.save({ "my note": note })).toThrow(refusal);
  }
  expect(trainer.save()).toEqual(before);
});

test("forged notes of fields are rejected with their position and field, before any row is read", () => {
  const names = [...Object.keys(model.inputs), ...Object.keys(model.targets)];
  const right = names.map((name) => ({ name, columns: ["a"] }));
  const noted = (fields: unknown) => () => checkNoted(model, JSON.parse(JSON.stringify(fields)));
  const refusal = new InputError(`the checkpoint has no valid preprocessing of "${names[0]}"`);
  expect(noted(right)).not.toThrow();
  for (const fields of [null, 5, "x", [], {}, [null], [5], right.toReversed()])
    expect(noted(fields)).toThrow(refusal);
  for (const change of [
    { columns: null },
    { columns: [1] },
    { scales: 5 },
    { scales: [null] },
    { scales: [{ shift: "0", span: 1 }] },
    { means: [null] },
    { categories: [5] },
    { categories: {} },
    { classNames: "ab" },
    { words: [1] },
    { characters: { length: 3 } },
  ])
    expect(noted([{ ...right[0], ...change }, ...right.slice(1)])).toThrow(refusal);
});
