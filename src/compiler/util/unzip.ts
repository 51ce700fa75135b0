/**
 * The members of a zip archive. Nothing that the archive declares is trusted: neither sizes, nor how many
 * members there are.
 */
import { unzipSync } from "fflate";
import { showValue } from "./show-value.ts";

/** By name, at most `most` bytes in all. @throws Error that says what is wrong */
export function unzipped(bytes: Uint8Array, most: number): Map<string, Uint8Array> {
  const names = new Set<string>();
  let total = 0;
  const members = unzipSync(bytes, {
    filter({ name, size, originalSize }) {
      if (names.has(name)) throw new Error(`two members are called ${showValue(name)}`);
      names.add(name);
      // Members may share packed bytes, so both sizes count.
      total += Math.max(size, originalSize);
      if (total > most) throw new Error(`${showValue(name)} would unpack to more than ${most} bytes`);
      return true;
    },
  });
  return new Map(Object.entries(members));
}
