// Random tables for `tapeless init`: a fixed selection of those that `npx tsx test/fuzz/random-tables.ts`
// generates. If a test fails, the spec that `init` writes for a table does not train or predict. The message
// contains the decisions of `init` and the error.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { tryTable } from "./random-tables.ts";

const folder = mkdtempSync(join(tmpdir(), "tables-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test.each(Array.from({ length: 16 }, (_, index) => index))(
  "table %d trains as `tapeless init` describes it, or is refused with a reason",
  { timeout: 60_000 },
  async (index) => {
    const { kind, what } = await tryTable(folder, 1, index);
    expect(kind === "failed" ? what : "no failure").toBe("no failure");
  },
);
