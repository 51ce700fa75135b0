// Broken specs: a fixed selection of those that `npx tsx test/fuzz/specs.ts` generates. If a test fails, a
// broken spec crashes the compiler, gets a diagnostic without a location, or becomes code. The message
// contains the spec.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { brokenSpec, goodSpecs } from "./broken-spec.ts";
import { checkSpec, shown } from "./check-spec.ts";
import { foreignNames } from "./emitted-names.ts";

it("200 broken specs result in diagnostics with locations, or in trainers without a foreign name", async () => {
  const folder = mkdtempSync(join(tmpdir(), "tapeless-fuzz-"));
  const good = goodSpecs();
  const mishandled: string[] = [];
  for (let number = 0; number < 200; number++) {
    const broken = brokenSpec(good, 1, number);
    const { faults } = await checkSpec(broken, folder);
    if (faults.length > 0) mishandled.push(`#${number} ${faults.join("; ")}\n${shown(broken)}`);
  }
  rmSync(folder, { recursive: true });
  expect(mishandled).toEqual([]);
});

it.each([
  ["the canary", "const a = 1; pwned();", "the emitted file has the identifier pwned"],
  ["a global of another kind", "eval('1');", "the emitted file calls eval"],
  ["a syntax error", "const = 1;", "the emitted file does not parse"],
])("foreignNames finds %s", (_, code, said) => {
  expect(foreignNames(code).join()).toContain(said);
});
