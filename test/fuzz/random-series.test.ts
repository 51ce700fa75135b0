// Random series with windows and splits: a fixed selection of those that `npx tsx test/fuzz/random-series.ts`
// generates. If a test fails, the windows of a split are wrong, or a valid spec is refused. The message
// contains the windows and the rules of splits.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { trySeries } from "./random-series.ts";

const folder = mkdtempSync(join(tmpdir(), "series-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Array.from({ length: 24 }, (_, index) => index))(
  "series %d has the windows that a direct implementation cuts, or is refused because a split has none",
  { timeout: 60_000 },
  async (index) => {
    const { kind, what } = await trySeries(folder, 1, index);
    expect(kind === "failed" ? what : "no failure").toBe("no failure");
  },
);
