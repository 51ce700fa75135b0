// Counter-based random numbers, bit-identical to those of runtime/numbers/random.ts.
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

/** `mixBits` of the runtime, on lanes: a bijection that scrambles h. */
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
/** The upper 24 bits, times 2⁻²⁴. */
const unit = multiply(fromIntegers(shiftRightUnsigned("h", 8)), 2 ** -24);

/** The random numbers in [0, 1) for four indices (i32) of a stream. All lanes have the same key. */
export const randomUnitSingle = vectorFunction("randomUnit_f32x4", ["key", "index"], bits, unit);
/** The random numbers, as doubles, for the two indices in the lower i32 lanes. */
export const randomUnitDouble = vectorFunction(
  "randomUnit_f64x2",
  ["key", "index"],
  bits,
  `(f64x2.promote_low_f32x4 ${unit})`,
);

/** The key of a stream, computed with scalars. */
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
