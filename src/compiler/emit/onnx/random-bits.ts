/**
 * The random numbers of `runtime/numbers/random.ts` in integers of 64 bits: the same bits as in every other target.
 * Opset 17 has no exclusive or of integers. Bit k of x is ⌊x / 2ᵏ⌋ mod 2, so
 *
 *     x ⊕ y = Σ_k 2ᵏ · ((⌊x / 2ᵏ⌋ + ⌊y / 2ᵏ⌋) mod 2)
 *
 * All words are in [0, 2³²), and no product exceeds 2⁴⁸.
 */
import type { Node } from "../../ir/nodes.ts";
import type { Context, Rule } from "./context.ts";
import type { Value } from "./graph-writer.ts";
import { axesOf } from "./context.ts";

const wordSize = 2 ** 32;
const halfSize = 2 ** 16;
const bits = Array.from({ length: 32 }, (_, k) => k);

const unsigned = (x: number): number => x >>> 0;

/** Arithmetic of words with the nodes of one context. */
class Words {
  private readonly c: Context;
  constructor(c: Context) {
    this.c = c;
  }

  private integer(value: number): Value {
    return this.c.writer.scalar("i64", value);
  }

  /** The word of an i32, whose negative values are beyond 2³¹. */
  of(node: Node): Value {
    return this.c.make("Mod", [this.c.cast(this.c.value(node), "i64"), this.integer(wordSize)]);
  }

  add(x: Value, y: Value): Value {
    return this.c.make("Mod", [this.c.make("Add", [x, y]), this.integer(wordSize)]);
  }

  addNumber(x: Value, y: number): Value {
    return this.add(x, this.integer(unsigned(y)));
  }

  /** x · y mod 2³², where y = high · 2¹⁶ + low. */
  multiply(x: Value, y: number): Value {
    const [high, low] = [Math.floor(unsigned(y) / halfSize), y % halfSize];
    const [lower, upper] = [low, high].map((half) => this.c.make("Mul", [x, this.integer(half)]));
    const half = this.integer(halfSize);
    return this.add(lower, this.c.make("Mul", [this.c.make("Mod", [upper, half]), half]));
  }

  /** ⌊x / 2^(k + shift)⌋ for each bit k, along a new last axis. */
  private shifted(x: Value, shift: number): Value {
    const powers = bits.map((k) => 2 ** (k + shift));
    const column = this.c.make("Unsqueeze", [x, this.c.writer.integers([-1])]);
    return this.c.make("Div", [column, this.c.writer.integers(powers)]);
  }

  private xor(x: Value, y: Value): Value {
    const odd = this.c.make("Mod", [this.c.make("Add", [x, y]), this.integer(2)]);
    const powers = this.c.writer.integers(bits.map((k) => 2 ** k));
    return this.c.sum(this.c.make("Mul", [odd, powers]), [-1]);
  }

  xorNumber(x: Value, y: number): Value {
    const own = bits.map((k) => Math.floor(unsigned(y) / 2 ** k) % 2);
    return this.xor(this.shifted(x, 0), this.c.writer.integers(own));
  }

  private xorShifted(x: Value, shift: number): Value {
    return this.xor(this.shifted(x, 0), this.shifted(x, shift));
  }

  mix(x: Value): Value {
    const first = this.multiply(this.xorShifted(x, 16), 0x7feb352d);
    const second = this.multiply(this.xorShifted(first, 15), 0x846ca68b);
    return this.xorShifted(second, 16);
  }
}

export const random: Rule<"random"> = (
  { operands: { seed, step }, attributes: { shape, salt, element } },
  c,
) => {
  const words = new Words(c);
  const ofSeed = words.mix(words.xorNumber(words.of(seed), 0x9e3779b9));
  const ofStep = words.mix(words.add(ofSeed, words.of(step)));
  const key = words.mix(words.addNumber(ofStep, salt));
  const [zero, one] = [0, 1].map((value) => c.writer.scalar("i64", value));
  const index = c.make("Range", [zero, c.count(shape), one]);
  const drawn = words.mix(words.add(words.mix(index), key));
  // The upper 24 bits, as a fraction.
  const upper = c.make("Div", [drawn, c.writer.scalar("i64", 2 ** 8)]);
  const unit = c.make("Mul", [c.cast(upper, element), c.writer.scalar(element, 2 ** -24)]);
  return c.reshape(unit, [shape], axesOf(shape));
};
