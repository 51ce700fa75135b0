// `tapeless playground -o`. If one fails, a site of the user's own is written over, and nobody says so.
import { afterAll, expect, it } from "vitest";
import { expectRefusal, workspace } from "./workspace.ts";

const place = workspace();
afterAll(place.remove);

it("is not written over a site that is something else", { timeout: 60_000 }, async () => {
  place.write("site/index.html", "<title>my own</title>");
  place.write("site/data.js", "my own");
  expectRefusal(
    await place.run("playground", "-o", "site"),
    "error T1014: -o site: the folder has files, and they are no playground's: data.js, index.html",
    "hint: name a folder that is new or empty",
  );
  expect(place.read("site/index.html")).toBe("<title>my own</title>");
  expect(place.read("site/data.js")).toBe("my own");
  expect(place.made()).toEqual([]);
});

it("is written to a new folder, and over what was written there", { timeout: 60_000 }, async () => {
  for (const time of ["first", "again"]) {
    const { code, stderr } = await place.run("playground", "-o", "new/folder");
    expect(stderr, time).toContain("7 files in new/folder");
    expect(code).toBe(0);
  }
  expect(place.made()).toHaveLength(7);
});
