// The tables of the library, such as those of layers and losses, and the page docs/layers.md. If a test
// fails, a row is stored under a name that is not its own, lacks a description that editors show, or is
// missing on the page.
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import * as z from "zod";
import { activations } from "../../../src/compiler/library/activations/index.ts";
import { initialisers } from "../../../src/compiler/library/initialisers/index.ts";
import { layers } from "../../../src/compiler/library/layers/index.ts";
import { losses } from "../../../src/compiler/library/losses/index.ts";
import { metrics } from "../../../src/compiler/library/metrics/index.ts";
import { optimizers } from "../../../src/compiler/library/optimizers/index.ts";
import { schedules } from "../../../src/compiler/library/schedules/index.ts";
import { faultsOf, specWith } from "../spec/base-spec.ts";

const tables = { activations, initialisers, layers, losses, metrics, optimizers, schedules };

describe.each(Object.entries(tables))("the table of %s", (_, table) => {
  it.each(Object.entries(table))(
    "has %s under its name, with a description of it and of each key",
    (name, entry) => {
      expect(entry.name).toBe(name);
      expect(entry.about).not.toBe("");
      const keys: z.ZodRawShape = entry.keys;
      for (const [key, schema] of Object.entries(keys))
        expect(z.globalRegistry.get(schema)?.description, key).toBeTruthy();
    },
  );
});

describe("docs/layers.md", () => {
  const text = readFileSync(new URL("../../../docs/layers.md", import.meta.url), "utf8");
  const types = [...text.matchAll(/^\| (`[^|]*) \|/gm)].flatMap(([, cell]) =>
    [...cell.matchAll(/`([a-z0-9-]+)`/g)].map(([, type]) => type),
  );
  it.each(Object.keys(layers))("has %s", (name) => expect(types).toContain(name));
  it("shows a block that is valid", () => {
    const [, block] = /```json\n([^`]*)```/.exec(text) ?? [];
    const network = [{ type: "dense", units: 64 }, JSON.parse(block), "flatten", { type: "dense", units: 3 }];
    expect(faultsOf(specWith({ inputs: { x: { shape: [4, 2] } }, network }))).toBe("no fault");
  });
  it("has only layers, blocks and paddings that exist", () => {
    const known = [...Object.keys(layers), "residual", "repeat", "bidirectional", "valid", "same", "causal"];
    expect(types.filter((type) => !known.includes(type))).toEqual([]);
  });
});
