// A fixed selection of the tables of `npx tsx test/fuzz/random-tables.ts`. If a test fails, its message contains the
// decisions of `tapeless init` and the error.
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
