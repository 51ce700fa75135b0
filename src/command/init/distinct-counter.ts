/**
 * Counts different values in bounded memory: exactly up to a limit, and beyond it by an estimate (HyperLogLog;
 * Flajolet and others, 2007).
 */

export interface DistinctCounter {
  add(value: string): void;
  /**
   * The number of occurrences of each value, in the order of first appearance; undefined beyond the limit.
   */
  values(): ReadonlyMap<string, number> | undefined;
  /** The number of different values. The estimate has a standard error of 2 %. */
  distinct(): number;
}

/** 2¹¹ registers: the standard error is 1.04 / √2048. */
const bits = 11;
const registerCount = 1 << bits;

export function distinctCounter(most: number): DistinctCounter {
  let exact: Map<string, number> | undefined = new Map();
  const registers = new Uint8Array(registerCount);
  return {
    add(value) {
      const hash = hashOf(value);
      const register = hash >>> (32 - bits);
      registers[register] = Math.max(registers[register], Math.clz32(hash << bits) + 1);
      if (exact === undefined) return;
      exact.set(value, (exact.get(value) ?? 0) + 1);
      if (exact.size > most) exact = undefined;
    },
    values: () => exact,
    distinct: () => exact?.size ?? estimate(registers),
  };
}

/** The estimate α m² / Σ 2^(−rank) from m registers, each of which contains the largest rank of a hash. */
function estimate(registers: Uint8Array): number {
  const sum = registers.reduce((total, rank) => total + 2 ** -rank, 0);
  const raw = ((0.7213 / (1 + 1.079 / registerCount)) * registerCount * registerCount) / sum;
  const empty = registers.filter((rank) => rank === 0).length;
  // For few values, counting empty registers is more accurate. For very many values, hashes of 32 bits
  // collide.
  if (raw <= 2.5 * registerCount && empty > 0) return registerCount * Math.log(registerCount / empty);
  return raw > 2 ** 32 / 30 ? -(2 ** 32) * Math.log(1 - raw / 2 ** 32) : raw;
}

/** A hash of 32 bits: FNV-1a, then the finaliser of MurmurHash3. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
