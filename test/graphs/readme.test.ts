// The README shows emitted code and lists what there is: both have to be what the compiler does today.
import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { compile } from "../../src/index.ts";
import { activations } from "../../src/compiler/library/activations/index.ts";
import { initialisers } from "../../src/compiler/library/initialisers/index.ts";
import { layers } from "../../src/compiler/library/layers/index.ts";
import { losses } from "../../src/compiler/library/losses/index.ts";
import { metrics } from "../../src/compiler/library/metrics/index.ts";
import { optimizers } from "../../src/compiler/library/optimizers/index.ts";
import { schedules } from "../../src/compiler/library/schedules/index.ts";

const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");

test("the code shown is what the spec above it becomes, line by line", async () => {
  const [, spec] = /```yaml\n([^`]*)```/.exec(readme) ?? [];
  const { code } = await compile(parse(spec));
  const excerpts = [...readme.matchAll(/<!-- excerpt -->\n\n```ts\n([^`]*)```/g)].map(([, text]) => text);
  expect(excerpts.length).toBeGreaterThan(2);
  for (const excerpt of excerpts) expect(code).toContain(excerpt);
});

describe("the lists of names are complete and in order", () => {
  test.each(Object.entries({ layers, activations, losses, metrics, optimizers, schedules, initialisers }))(
    "%s",
    (kind, table) => {
      const [, entry] = new RegExp(`\n- \\*\\*${kind}\\*\\*([^;]*?)(;|\n- \\*\\*)`).exec(readme) ?? [];
      expect([...(entry ?? "").matchAll(/`([a-z0-9-]+)`/g)].map(([, name]) => name)).toEqual(
        Object.keys(table),
      );
    },
  );
});
