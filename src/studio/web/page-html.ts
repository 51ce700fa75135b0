/**
 * Builds a page as one file: markup, style, script and data. The page loads no other file. Its content
 * security policy allows only its own script and style, which the policy identifies by their digests.
 */
import { createHash } from "node:crypto";
import type { PageCode } from "./page-code.ts";

interface PageParts extends PageCode {
  readonly title: string;
  /** The data that the script reads with `pageData()`; any JSON value. */
  readonly data: unknown;
  /** Additional directives of the policy, such as `connect-src 'self'`. */
  readonly policy?: readonly string[];
}

export function pageHtml({ title, data, script, style, policy = [] }: PageParts): string {
  const directives = [
    "default-src 'none'",
    `script-src ${digestOf(script)}`,
    `style-src ${digestOf(style)}`,
    "img-src data:",
    "font-src data:",
    "base-uri 'none'",
    "form-action 'none'",
    ...policy,
  ];
  return [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${directives.join("; ")}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escaped(title)}</title>`,
    `<style>${style}</style>`,
    "</head>",
    "<body>",
    // Data must not contain the end tag of its element.
    `<script type="application/json" id="data">${JSON.stringify(data ?? null).replaceAll("<", "\\u003c")}</script>`,
    `<script type="module">${script}</script>`,
    "</body>",
    "</html>",
    "",
  ].join("\n");
}

const digestOf = (text: string): string => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");

/**
 * The content security policy of the playground. It allows only the page's own files and the emitted code,
 * which is in memory (hence `blob:`): no `eval`, no styles in markup, no connections.
 */
export const playgroundPolicy = [
  "default-src 'none'",
  "script-src 'self' blob:",
  "worker-src blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src data:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const scripts: readonly string[] = ["page.js", "compiler.js", "libraries.js", "data.js"];

/** The name of the file with the licences of the projects whose code is in the scripts. */
export const noticesFile = "third-party.txt";

const title = "<title>tapeless playground</title>";

/** Whether a text is the index.html of a playground, of any version. */
export const isPlayground = (page: string): boolean => page.includes(title);

/** The index.html, which loads the scripts. */
export const playgroundPage = (): string =>
  [
    "<!doctype html>",
    '<html lang="en">',
    "<head>",
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${playgroundPolicy}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    title,
    '<link rel="icon" href="data:,">',
    `<link rel="license" href="${noticesFile}">`,
    '<link rel="stylesheet" href="page.css">',
    ...scripts.map((file) => `<script defer src="${file}"></script>`),
    "</head>",
    "<body></body>",
    "</html>",
    "",
  ].join("\n");
