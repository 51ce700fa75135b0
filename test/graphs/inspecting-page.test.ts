// docs/inspecting.md: what it says that a view prints, that view prints, line by line. If one fails, the page
// shows another compiler's output.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { runTapeless } from "../support/run-tapeless.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const page = readFileSync(join(root, "docs/inspecting.md"), "utf8");

/**
 * Of the sections on these views: the first command, and all that is said to be in what it prints. `…` stands
 * for lines left out.
 */
const sections = ["Passes", "Kernels", "Memory"].map((title) => {
  const [, text = ""] = page.split(`\n## ${title}\n`);
  const own = text.split("\n## ")[0];
  const [, command = ""] = /```sh\n(.*)\n/.exec(own) ?? [];
  const excerpts = [...own.matchAll(/\n\n```\n([^`]+)```\n/g)].flatMap(([, shown]) => shown.split("…\n"));
  return { title, command, excerpts };
});

test.each(sections)("$title", async ({ command, excerpts }) => {
  expect(excerpts.length).toBeGreaterThan(0);
  const words = command.split(" ");
  expect(words.slice(0, 3)).toEqual(["npx", "tapeless", "inspect"]);
  const { code, stdout } = await runTapeless(root, words.slice(2));
  expect(code).toBe(0);
  for (const excerpt of excerpts) expect(stdout).toContain(excerpt);
});
