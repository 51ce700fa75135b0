/**
 * The random numbers of the fuzzer. They come from one seeded stream, in order, so that spec k of seed S is
 * always the same. (`runtime/random.ts` computes each number from a key and a counter instead, which suits
 * kernels.)
 */

export interface Random {
  /** Uniform in [0, 1). */
  unit(): number;
  /** An integer from `low` to `high`, both included. */
  whole(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  /** One key, in proportion to its weight. */
  weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K;
  /** Standard normal. */
  normal(): number;
}

/** Mixes two numbers into one well-mixed 32-bit number. */
function mixed(seed: number, index: number): number {
  let h = (seed ^ Math.imul(index + 1, 0x9e3779b9)) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x7feb352d);
  h = Math.imul(h ^ (h >>> 15), 0x846ca68b);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The stream with number `index` of a seed (mulberry32, T. Ettinger 2017). */
export function randomOf(seed: number, index: number): Random {
  let state = mixed(mixed(seed, 0), index);
  const unit = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const whole = (low: number, high: number) => low + Math.floor(unit() * (high - low + 1));
  return {
    unit,
    whole,
    chance: (probability) => unit() < probability,
    pick: (list) => list[whole(0, list.length - 1)],
    weighted<K extends string>(weights: Readonly<Partial<Record<K, number>>>): K {
      // Object.entries loses the type of the keys.
      const entries = Object.entries<number | undefined>(weights) as [K, number | undefined][];
      const total = entries.reduce((sum, [, weight = 0]) => sum + weight, 0);
      let left = unit() * total;
      for (const [key, weight = 0] of entries) {
        left -= weight;
        if (left < 0) return key;
      }
      return entries[entries.length - 1][0];
    },
    normal: () => Math.sqrt(-2 * Math.log(1 - unit())) * Math.cos(2 * Math.PI * unit()),
  };
}
