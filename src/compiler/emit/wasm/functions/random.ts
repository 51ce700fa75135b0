// Random numbers by counting: the bits of runtime/random.ts.
import {
  addIntegers,
  exclusiveOr,
  fromIntegers,
  integers,
  multiply,
  multiplyIntegers,
  shiftRightUnsigned,
  vectorFunction,
  type Step,
} from "./text.ts";

/** `mixBits` of the runtime, on lanes: h becomes a bijection of h. */
const mixBits: readonly Step[] = [
  ["h", multiplyIntegers(exclusiveOr("h", shiftRightUnsigned("h", 16)), integers(0x7feb352d))],
  ["h", multiplyIntegers(exclusiveOr("h", shiftRightUnsigned("h", 15)), integers(0x846ca68b | 0))],
  ["h", exclusiveOr("h", shiftRightUnsigned("h", 16))],
];

const bits: readonly Step[] = [
  ["h", "(local.get $index)"],
  ...mixBits,
  ["h", addIntegers("h", "key")],
  ...mixBits,
];
/** The upper 24 bits · 2⁻²⁴ */
const unit = multiply(fromIntegers(shiftRightUnsigned("h", 8)), 2 ** -24);

/** The numbers of four indices (i32) of a stream, in [0, 1); the key is the same in all lanes. */
export const randomUnitSingle = vectorFunction("randomUnit_f32x4", ["key", "index"], bits, unit);
/** The numbers of the two indices in the lower lanes of i32, as doubles. */
export const randomUnitDouble = vectorFunction(
  "randomUnit_f64x2",
  ["key", "index"],
  bits,
  `(f64x2.promote_low_f32x4 ${unit})`,
);

/** The key of a stream, of scalars. */
export const randomKey = `(func $mixBits (param $x i32) (result i32)
  (local.set $x (i32.mul (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 16))) (i32.const 0x7feb352d)))
  (local.set $x (i32.mul (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 15))) (i32.const 0x846ca68b)))
  (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 16))))
(func $randomKey (param $seed i32) (param $step i32) (param $salt i32) (result i32)
  (call $mixBits (i32.add
    (call $mixBits (i32.add
      (call $mixBits (i32.xor (local.get $seed) (i32.const 0x9e3779b9)))
      (local.get $step)))
    (local.get $salt))))`;
