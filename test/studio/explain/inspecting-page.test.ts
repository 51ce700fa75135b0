// docs/inspecting.md: the section on gradients shows the compiler's current output.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { gradientsView } from "../../../src/studio/views/gradients-view.ts";
import { compileFor } from "../../../src/compiler/compile-target.ts";
import { parseModel } from "../../../src/compiler/spec/parse-model.ts";

const page = await readFile(new URL("../../../docs/inspecting.md", import.meta.url), "utf8");

test("the page has the current derivation for its spec, as text and as TeX", () => {
  const [, spec] = /## Gradients[^#]*?```json\n([^`]*)```/.exec(page) ?? [];
  const compilation = compileFor(parseModel(JSON.parse(spec)), { dtype: "f32" });
  const { text, tex } = gradientsView({ compilation, of: undefined, reports: [] });
  const shown = (kind: string) =>
    new RegExp(`<!-- gradients ${kind} -->\n\n\`\`\`(?:tex)?\n([^\`]*)\`\`\``).exec(page)?.[1];
  expect(text()).toContain(shown("text"));
  expect(tex?.()).toContain(shown("tex"));
});
