// The documentation site, which `npm run docs:build` builds. If a test fails, the build finds a link to a
// missing page, a link of the site leads nowhere, or the site lacks the playground or its search index. The
// first run installs VitePress.
import { execFile } from "node:child_process";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { beforeAll, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const dist = join(root, "docs/site/dist");
const pages = new Map<string, string>();

beforeAll(async () => {
  const env = { ...process.env, DOCS_BASE: "/" };
  await promisify(execFile)("npm", ["run", "docs:build"], { cwd: root, env, maxBuffer: 2 ** 26 });
  for (const name of readdirSync(dist).filter((name) => name.endsWith(".html") && name !== "404.html"))
    pages.set(name, readFileSync(join(dist, name), "utf8"));
}, 600_000);

it("has a page for every page of docs/", () => {
  const names = readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md"));
  const wanted = names.map((name) => (name === "README.md" ? "index.html" : name.replace(/\.md$/, ".html")));
  expect([...pages.keys()].sort()).toEqual(wanted.sort());
});

it("has the target of every link, anchors included", () => {
  const dead: string[] = [];
  for (const [name, html] of pages)
    for (const [, href] of html.matchAll(/<a [^>]*href="([^"]*)"/g)) {
      if (/^(https?:)?\/\//.test(href)) continue;
      const [path, anchor] = href.split("#");
      const file = path === "" ? name : path.replace(/^\.?\//, "").replace(/(^|\/)$/, "$1index.html");
      const isThere = existsSync(join(dist, file));
      // The playground reads its state after the `#`.
      if (isThere && file === "try/index.html") continue;
      const target = pages.get(file) ?? "";
      const ids = new Set([...target.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id));
      if (!isThere || (anchor && !ids.has(decodeURIComponent(anchor)))) dead.push(`${name}: ${href}`);
    }
  expect(dead).toEqual([]);
});

it("has the search index, the example specs and the playground", () => {
  const files = readdirSync(dist, { recursive: true, encoding: "utf8" });
  expect(files.some((file) => /localSearchIndex/.test(file))).toBe(true);
  for (const file of ["graphs/iris.json", "graphs/data/iris.csv", "try/index.html"])
    expect(files).toContain(file);
});
