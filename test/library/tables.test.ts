// The closed tables: a row stands under its own name and says what it is, for these lines go to editors.
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { activations } from "../../src/library/activations/index.ts";
import { initialisers } from "../../src/library/initialisers/index.ts";
import { layers } from "../../src/library/layers/index.ts";
import { losses } from "../../src/library/losses/index.ts";
import { metrics } from "../../src/library/metrics/index.ts";
import { optimizers } from "../../src/library/optimizers/index.ts";
import { schedules } from "../../src/library/schedules/index.ts";

const tables = { activations, initialisers, layers, losses, metrics, optimizers, schedules };

describe.each(Object.entries(tables))("the table of %s", (_, table) => {
  it.each(Object.entries(table))(
    "has %s under its name, with a line about it and about each key",
    (name, entry) => {
      expect(entry.name).toBe(name);
      expect(entry.about).not.toBe("");
      const keys: z.ZodRawShape = entry.keys;
      for (const [key, schema] of Object.entries(keys))
        expect(z.globalRegistry.get(schema)?.description, key).toBeTruthy();
    },
  );
});
