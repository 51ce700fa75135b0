// The licences of third-party code in web pages. If a test fails, we distribute the code without the required
// notice.
import { relative } from "node:path";
import { expect, test } from "vitest";
import { bundlingFolder, noticesOf, packageFolders } from "../../../src/studio/web/notices.ts";
import { bundlePage, pageCode } from "../../../src/studio/web/page-code.ts";
import { playgroundFiles } from "../../../src/studio/web/playground-files.ts";

test("the playground names each project in its scripts, its source, and the text of its terms", async () => {
  const files = await playgroundFiles();
  const notices = files.get("third-party.txt") ?? "";
  for (const name of ["elkjs", "zod", "yaml", "prettier", "sucrase", "codemirror", "d3-scale", "fflate"])
    expect(notices).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\(.+\\), source: https?://\\S+$`, "m"));
  expect(notices).toContain("Eclipse Public License");
  expect(notices).toContain("Permission is hereby granted");
  expect(notices).not.toContain("has no file with the text of its licence");
  expect(files.get("index.html")).toContain('<link rel="license" href="third-party.txt">');
});

test.each(["report", "live"] as const)("a %s page contains the notices of its bundled code", async (name) => {
  const { script } = await pageCode(name);
  const [, notices = ""] = script.split("\n/*!\n");
  expect(notices).toMatch(/^d3-array \d+\.\d+\.\d+ \(ISC\), source: https:/m);
  expect(notices).toContain("Copyright");
  expect(notices).not.toContain("</script");
});

test.each(["report", "playground"])("the notices of the %s contain the licence of its font", async (name) => {
  const { bundled, style } = await bundlePage(name);
  expect(style).toContain("@font-face");
  const notices = noticesOf(packageFolders([bundled]), "this page");
  expect(notices).toMatch(/^@fontsource\/stix-two-math \d\S+ \(OFL-1.1\), source: https:/m);
  expect(notices).toContain("SIL OPEN FONT LICENSE");
});

test("a package is listed once, and only if a bundle contains part of it", () => {
  const inputs = {
    "node_modules/zod/a.js": { bytesInOutput: 3 },
    "node_modules/zod/b.js": { bytesInOutput: 3 },
    "node_modules/yaml/c.js": { bytesInOutput: 0 },
    "../there/node_modules/@lezer/lr/d.js": { bytesInOutput: 1 },
    "src/compiler/compile.ts": { bytesInOutput: 9 },
  };
  const folders = packageFolders([{ outputs: { "a.js": { inputs } } }, { outputs: { "b.js": { inputs } } }]);
  expect(folders.map((folder) => relative(bundlingFolder, folder))).toEqual([
    "../there/node_modules/@lezer/lr",
    "node_modules/zod",
  ]);
  expect(noticesOf(folders.slice(1), "this test")).toMatch(/^zod \d/m);
});
