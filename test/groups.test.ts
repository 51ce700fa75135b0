// The scripts that run all groups of tests. If a test fails, `npm run test:full` runs a group twice or not at all.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { testGroups } from "./groups.ts";

it("each group is run by exactly one of the scripts test:full:…", () => {
  const { scripts }: { scripts: Record<string, string> } = JSON.parse(readFileSync("package.json", "utf8"));
  const parts = Object.entries(scripts).flatMap(([name, script]) =>
    name.startsWith("test:full:") ? script : [],
  );
  const run = [...parts.join(" ").matchAll(/--project (\S+)/g)].map(([, group]) => group);
  expect(run.sort()).toEqual(testGroups.map(({ name }) => name).sort());
});
