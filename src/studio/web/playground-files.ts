/**
 * All files of the playground. In a clone they are bundled when they are asked for; the published package has
 * them bundled already. They need no server of their own: any host of files will do, or a folder on disk.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { bundlePage } from "./page-code.ts";
import { noticesOf, packageFolders } from "./notices.ts";
import { workerFiles } from "./playground-code.ts";

const published = new URL("../playground/", import.meta.url);

/**
 * What the page may do: run its own files and what the compiler emits (from memory, hence `blob:`), and
 * nothing else: no `eval`, no styles in markup, and no connection to anywhere.
 */
export const playgroundPolicy = [
  "default-src 'none'",
  "script-src 'self' blob:",
  "worker-src blob:",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "base-uri 'none'",
  "form-action 'none'",
].join("; ");

const scripts = ["page.js", "compiler.js", "libraries.js", "data.js"];

/** The licences of the projects whose code is in the scripts. */
const noticesFile = "third-party.txt";

const title = "<title>tapeless playground</title>";

/** Whether this is the text of a playground's index.html, of whatever version. */
export const isPlayground = (page: string): boolean => page.includes(title);

const html = (): string =>
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

/** By the name of each file, its text. */
export async function playgroundFiles(): Promise<ReadonlyMap<string, string>> {
  if (existsSync(published))
    return new Map(
      readdirSync(published).map((file) => [file, readFileSync(new URL(file, published), "utf8")]),
    );
  const { script, style, bundled } = await bundlePage("playground");
  const workers = await workerFiles();
  return new Map([
    ["index.html", html()],
    // A block: what the script declares is its own.
    ["page.js", `{${script}}\n`],
    ["page.css", `${style}\n`],
    ...workers.files,
    [noticesFile, `${noticesOf(packageFolders([bundled, ...workers.bundled]))}\n`],
  ]);
}

/** For the build of the package. */
export async function publishPlayground(): Promise<void> {
  const files = await playgroundFiles();
  mkdirSync(published, { recursive: true });
  for (const [name, text] of files) writeFileSync(new URL(name, published), text);
}
