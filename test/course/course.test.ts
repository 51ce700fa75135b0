// The page docs/course.md. If a test fails, a command does not run or does not have the exit code on the
// page, an output or a picture is out of date, or a claim is not true.
import { readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { courseData } from "../../graphs/course/data/make-data.ts";
import { claims, outcomes } from "./claims.ts";
import { makePage, readPage, readPicture, type Made } from "./make.ts";
import { runPage, type PageRuns } from "./run-page.ts";

const specs = fileURLToPath(new URL("../../graphs/course", import.meta.url));
const page = readPage();
let runs: PageRuns;
let made: Made;

beforeAll(async () => {
  runs = await runPage(page);
  made = makePage(page, runs);
}, 300_000);
afterAll(() => runs.remove());

test("every command exits as the page says, without a stack trace", () => {
  for (const { command, code, stderr } of [...runs.runs.values()].flat()) {
    expect(`${command.text}: ${code}`).toBe(`${command.text}: ${command.exits}`);
    expect(stderr).not.toMatch(/^\s+at .*:\d+:\d+/m);
  }
});

test("every marker has an end marker, so that it is filled", () => {
  const comments = [...page.matchAll(/<!-- (\w+).*-->/g)].map(([, word]) =>
    word === "end" ? "end" : "begin",
  );
  expect(comments).toEqual(comments.map((_, i) => (i % 2 === 0 ? "begin" : "end")));
});

test("the page is what `npm run course` writes", () => expect(made.page).toBe(page));

test("the pictures are those that it writes, and there are no others", () => {
  for (const [file, svg] of made.pictures) expect(readPicture(file), file).toBe(svg);
  const there = readdirSync(fileURLToPath(new URL("../../docs/course", import.meta.url)));
  expect([...made.pictures.keys()].sort()).toEqual(there.sort());
});

describe("the claims of the page hold", () => {
  test.each(claims)("$claim", ({ holds }) => expect(holds(outcomes(runs))).toBe(true));
});

test("every spec of the course has a command, and the name of its file", () => {
  for (const file of readdirSync(specs).filter((name) => name.endsWith(".ts"))) {
    expect(page).toMatch(new RegExp(`npx tapeless (train|search) graphs/course/${file}`));
    expect(readFileSync(`${specs}/${file}`, "utf8")).toContain(`name: "${basename(file, ".ts")}"`);
  }
});

test.each(Object.entries(courseData))("%s is what its program generates", (file, text) =>
  expect(readFileSync(`${specs}/data/${file}`, "utf8")).toBe(text),
);
