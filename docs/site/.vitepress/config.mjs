/**
 * Configures the documentation site. `npm run docs:build` copies the pages of docs/ to pages/ and builds
 * them; a dead link is an error. DOCS_BASE is the path of the site on its host, "/" by default.
 */
import { readFileSync } from "node:fs";
import { paletteCss } from "../../../src/studio/palette.ts";

/**
 * The sections of the sidebar, which come from the home page, the index of docs/: their titles, and the pages
 * that their tables link.
 */
function sidebar() {
  const index = readFileSync(new URL("../pages/index.md", import.meta.url), "utf8");
  return index
    .split(/^## /m)
    .slice(1)
    .map((section) => ({
      text: section.slice(0, section.indexOf("\n")),
      items: Array.from(section.matchAll(/^\| \[([^\]]+)\]\(([^)]+)\.md\)/gm), ([, text, page]) => ({
        text,
        link: `/${page}`,
      })),
    }));
}

/** Anchors as on GitHub, so that one link works on both sites. */
const slugify = (heading) =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .trim()
    .replaceAll(" ", "-");

export default {
  title: "tapeless",
  description: "A compiler from model specs to standalone TypeScript trainers.",
  base: process.env.DOCS_BASE ?? "/",
  srcDir: "pages",
  srcExclude: ["public/**"],
  outDir: "dist",
  head: [
    ["style", {}, paletteCss],
    ["link", { rel: "icon", href: "data:," }], // no request for an icon that does not exist
  ],
  markdown: {
    anchor: { slugify },
    // Their comments have the contrast of WCAG AA.
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  themeConfig: {
    nav: [
      { text: "Getting started", link: "/getting-started" },
      { text: "Spec", link: "/spec" },
      { text: "Diagnostics", link: "/diagnostics" },
      { text: "Playground", link: "/try/", target: "_self" },
    ],
    sidebar: sidebar(),
    outline: [2, 3],
    search: { provider: "local" },
  },
};
