// Parameter files with random damage: a reader must return the content or throw an InputError. If a test
// fails, a damaged file crashes the process, or leaves a trainer with only part of its state.
import fc from "fast-check";
import { expect, test } from "vitest";
import { npz, safetensors } from "../../../../src/command/formats/parameters/formats.ts";
import { numbersFor, parametersIn } from "../../../../src/command/formats/parameters/parameters.ts";
import type { TensorFormat } from "../../../../src/command/formats/parameters/tensors.ts";
import { InputError } from "../../../../src/runtime/step/errors.ts";
import { lineData, linearTrainer } from "../../../runtime/linear-machine.ts";

const trainer = linearTrainer();
trainer.fit(lineData(10), { epochs: 2, earlyStopping: { patience: 5 } });
const checkpoint = trainer.save({ fields: [{ name: "y", columns: ["y"], classNames: ["a", "b"] }] });
const { tensors } = parametersIn(checkpoint);

/** The bytes truncated, partly changed, or replaced. */
const damaged = (bytes: Uint8Array): fc.Arbitrary<Uint8Array> =>
  fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.nat(bytes.length).map((length) => bytes.slice(0, length)),
    fc
      .array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
      .map((changes) => changes.reduce((all, [at, byte]) => all.with(at, byte), bytes)),
    fc
      .tuple(fc.nat(bytes.length), fc.uint8Array({ maxLength: 9 }))
      .map(([at, more]) => Uint8Array.of(...bytes.subarray(0, at), ...more, ...bytes.subarray(at))),
  );

/** Runs `work`, which may throw only an InputError. Returns whether it did. */
function isRefused(work: () => void): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    return true;
  }
}

test("a damaged checkpoint is rejected, and the trainer is unchanged", () => {
  const other = linearTrainer({ seed: 99 });
  const before = other.save();
  const isSame = (bytes: Uint8Array) =>
    bytes.length === checkpoint.length && bytes.every((byte, i) => byte === checkpoint[i]);
  fc.assert(
    fc.property(damaged(checkpoint), (bytes) => {
      fc.pre(!isSame(bytes));
      expect(isRefused(() => other.load(bytes))).toBe(true);
      expect(isRefused(() => parametersIn(bytes))).toBe(true);
      expect(other.save()).toEqual(before);
    }),
    { numRuns: 2000 },
  );
});

test.each<[string, TensorFormat]>([
  ["safetensors", safetensors],
  [".npz", npz],
])("a damaged %s file is read or rejected", (_, { encode, decode }) => {
  const bytes = encode(tensors, { format: "tapeless" });
  fc.assert(
    fc.property(damaged(bytes), (changed) => {
      isRefused(() => decode(changed).tensors.forEach((tensor) => numbersFor("f32", tensor)));
    }),
    { numRuns: 3000 },
  );
});
