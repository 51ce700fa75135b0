/**
 * All files of the playground, bundled when they are asked for. The published package has them bundled
 * (`command/package/published/playground-files.ts`). They need no server of their own: any host of files will do, or a
 * folder on disk.
 */
import { noticesOf, packageFolders } from "./notices.ts";
import { bundlePage } from "./page-code.ts";
import { workerFiles } from "./playground-code.ts";
import { noticesFile, playgroundPage } from "./page-html.ts";

/** By the name of each file, its text. */
export async function playgroundFiles(): Promise<ReadonlyMap<string, string>> {
  const { script, style, bundled } = await bundlePage("playground");
  const workers = await workerFiles();
  return new Map([
    ["index.html", playgroundPage()],
    // A block: what the script declares is its own.
    ["page.js", `{${script}}\n`],
    ["page.css", `${style}\n`],
    ...workers.files,
    [noticesFile, `${noticesOf(packageFolders([bundled, ...workers.bundled]), "this page")}\n`],
  ]);
}
