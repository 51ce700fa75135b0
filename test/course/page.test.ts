// The parser of the course's page. If a test fails, an error in the page deletes some of its text.
import { expect, test } from "vitest";
import { commandsOf, filled } from "./page.ts";

const draw = (kind: string, takes: string, block?: string) => `${kind}(${takes}) of ${block?.trim()}`;

test("a generated block uses the last block of commands before it", () => {
  const page =
    "```sh\na\n```\n```sh\nb\n```\n<!-- table x y -->\nold\n<!-- end -->\ntext\n<!-- output -->\n<!-- end -->\n";
  const made = page
    .replace("old", "table(x y) of b")
    .replace("<!-- output -->\n", "<!-- output -->\noutput() of b\n");
  expect(filled(page, draw)).toBe(made);
  expect(filled(made, draw)).toBe(made);
});

test("a marker without an end loses no text", () => {
  const page = "<!-- table x -->\nprose\n<!-- spec s -->\n<!-- end -->\n";
  expect(filled(page, draw)).toBe(
    "<!-- table x -->\nprose\n<!-- spec s -->\nspec(s) of undefined\n<!-- end -->\n",
  );
});

test("a loop becomes its commands, and a comment the exit code", () => {
  const block = [
    "npm ci",
    "for seed in 1 2; do npx tapeless train a.ts --seed $seed; done",
    "npx tapeless train b.ts   # exits with 1: it diverges",
  ];
  expect(commandsOf(block.join("\n"))).toEqual([
    { text: "npx tapeless train a.ts --seed 1", words: ["train", "a.ts", "--seed", "1"], exits: 0 },
    { text: "npx tapeless train a.ts --seed 2", words: ["train", "a.ts", "--seed", "2"], exits: 0 },
    { text: "npx tapeless train b.ts", words: ["train", "b.ts"], exits: 1 },
  ]);
});
