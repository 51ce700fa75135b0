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
  // Data must not contain the end tag of its element.
  const json = JSON.stringify(data ?? null).replaceAll("<", "\\u003c");
  const body =
    `<script type="application/json" id="data">${json}</script>\n` +
    `<script type="module">${script}</script>`;
  return fileOf({ title, style, body, policy: [`script-src ${digestOf(script)}`, ...policy] });
}

interface StaticParts {
  readonly title: string;
  readonly style: string;
  /** Markup without scripts. Its `<style>` elements, such as those of SVG pictures, are allowed. */
  readonly body: string;
}

/** A page without a script. */
export const staticPage = (parts: StaticParts): string => fileOf({ ...parts, policy: [] });

function fileOf({
  title,
  style,
  body,
  policy,
}: StaticParts & { readonly policy: readonly string[] }): string {
  const styles = [style, ...[...body.matchAll(/<style>([^]*?)<\/style>/g)].map(([, text]) => text)];
  const directives = [
    "default-src 'none'",
    `style-src ${[...new Set(styles.map(digestOf))].join(" ")}`,
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
    `<body>\n${body}\n</body>`,
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
