// The command `tapeless playground -o`. If a test fails, the command silently overwrites a user's own site.
import { afterAll, expect, it } from "vitest";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(place.remove);

it("does not overwrite another site", { timeout: 60_000 }, async () => {
  place.write("site/index.html", "<title>my own</title>");
  place.write("site/data.js", "my own");
  expectRefusal(
    await place.run("playground", "-o", "site"),
    "error T1014: -o site: the folder contains files that are not part of a playground: data.js, index.html",
    "hint: choose a folder that is new, is empty",
  );
  expect(place.read("site/index.html")).toBe("<title>my own</title>");
  expect(place.read("site/data.js")).toBe("my own");
  expect(place.made()).toEqual([]);
});

it("writes to a new folder, and over an older playground", { timeout: 60_000 }, async () => {
  for (const time of ["first", "again"]) {
    const { code, stderr } = await place.run("playground", "-o", "new/folder");
    expect(stderr, time).toContain("7 files to new/folder");
    expect(code).toBe(0);
  }
  expect(place.made()).toHaveLength(7);
});
