/**
 * Verifies a memory plan: every buffer is inside the arena and aligned to its element size, and no two
 * buffers share bytes while both are live. An error here is a bug of the compiler.
 */
import { InternalError } from "../diagnostics/errors.ts";
import { bytesOfElement } from "./types.ts";
import type { MemoryPlan, Placement } from "./types.ts";

/** All errors in the plan. */
export function verifyPlan({ storage, temporaries, bytes }: MemoryPlan): string[] {
  const fixed = [...storage.values()];
  const own = fixed.filter(({ buffer }) => buffer.covers === undefined);
  const storageEnd = Math.max(0, ...own.map(endOf));
  const errors = [...placementErrors(fixed, 0, bytes), ...overlapErrors(own)];
  for (const placements of temporaries.values()) {
    const list = [...placements.values()];
    errors.push(...placementErrors(list, storageEnd, bytes), ...overlapErrors(list));
  }
  for (const placement of fixed) errors.push(...coverErrors(placement, storage));
  return errors;
}

/** @throws InternalError with all errors; `after` names the stage that made the plan. */
export function checkPlan(plan: MemoryPlan, after: string): void {
  const errors = verifyPlan(plan);
  if (errors.length === 0) return;
  throw new InternalError(
    `after ${after}, the memory plan is malformed:\n${errors.map((each) => `  ${each}`).join("\n")}`,
  );
}

const endOf = ({ offset, bytes }: Placement): number => offset + bytes;

function placementErrors(placements: readonly Placement[], from: number, to: number): string[] {
  return placements.flatMap((placement) => {
    const { buffer, offset } = placement;
    const isInside = placement.bytes === 0 || (offset >= from && endOf(placement) <= to);
    return [
      ...(isInside ? [] : [`${buffer.name} at ${offset} is outside of its part of the arena`]),
      ...(offset % bytesOfElement[buffer.element] === 0
        ? []
        : [`${buffer.name} at ${offset} is not aligned`]),
    ];
  });
}

/** Reports buffers that share bytes while both are live. Storage is always live. */
function overlapErrors(placements: readonly Placement[]): string[] {
  const sorted = placements.filter(({ bytes }) => bytes > 0).sort((a, b) => a.offset - b.offset);
  return sorted.flatMap((first, i) => {
    const errors: string[] = [];
    for (let k = i + 1; k < sorted.length && sorted[k].offset < endOf(first); k++)
      if (liveTogether(first, sorted[k]))
        errors.push(`${first.buffer.name} and ${sorted[k].buffer.name} overlap`);
    return errors;
  });
}

const liveTogether = ({ lifetime: a }: Placement, { lifetime: b }: Placement): boolean =>
  a === undefined || b === undefined || (a[0] <= b[1] && b[0] <= a[1]);

/**
 * A covering buffer must start where its first part starts and end where its last part ends, without gaps
 * between parts.
 */
function coverErrors({ buffer, offset, bytes }: Placement, storage: MemoryPlan["storage"]): string[] {
  if (buffer.covers === undefined) return [];
  let end = offset;
  for (const name of buffer.covers) {
    const part = storage.get(name);
    if (part?.offset !== end) return [`${buffer.name} does not cover ${name}`];
    end = endOf(part);
  }
  return end === offset + bytes ? [] : [`${buffer.name} does not end where its last part ends`];
}
