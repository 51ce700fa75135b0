// The documentation as a whole. If a test fails, a link or an anchor is broken, the index is incomplete, or a
// generated block is out of date.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../", import.meta.url));
const markdownIn = (folder: string): string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".md") && !/^site\/|node_modules/.test(name))
    .map((name) => join(folder, name));
const pages = ["README.md", "CONTRIBUTING.md", ...["docs", "src", "graphs", "examples"].flatMap(markdownIn)];

/** The text without code, because links and headings in code have no meaning. */
const proseOf = (page: string): string =>
  readFileSync(join(root, page), "utf8").replaceAll(/^```[^]*?^```$/gm, "");

/** The anchor of a heading on GitHub and on the site. */
const anchorOf = (heading: string): string =>
  heading
    .replaceAll(/[`*]|\]\([^)]*\)|\[/g, "")
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

const anchorsOf = (page: string): string[] =>
  [...proseOf(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) => anchorOf(heading));

describe.each(pages.map((page) => ({ page })))("$page", ({ page }) => {
  const links = [...proseOf(page).matchAll(/(?:\]\(|src=")([^)"\s]+)[)"]/g)].map(([, link = ""]) => link);

  it("has links that resolve", () => {
    const dead = links
      .filter((link) => !/^(https?:|mailto:)/.test(link))
      .filter((link) => {
        const [file = "", anchor] = link.split("#");
        const target = file === "" ? page : relative(root, join(root, dirname(page), file));
        if (!existsSync(join(root, target))) return true;
        return anchor !== undefined && target.endsWith(".md") && !anchorsOf(target).includes(anchor);
      });
    expect(dead).toEqual([]);
  });
});

it("docs/README.md links every page", () => {
  const index = readFileSync(join(root, "docs/README.md"), "utf8");
  const names = readdirSync(join(root, "docs")).filter(
    (name) => name.endsWith(".md") && name !== "README.md",
  );
  expect(names.filter((name) => !index.includes(`](${name})`))).toEqual([]);
});
