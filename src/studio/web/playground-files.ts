/**
 * All files of the playground, bundled on demand. The published package contains the bundles
 * (`command/package/published/playground-files.ts`). Any file host can serve the files, and a browser can
 * open them from disk.
 */
import { noticesOf, packageFolders } from "./notices.ts";
import { bundlePage } from "./page-code.ts";
import { workerFiles } from "./playground-code.ts";
import { noticesFile, playgroundPage } from "./page-html.ts";

/** Returns the file contents by file name. */
export async function playgroundFiles(): Promise<ReadonlyMap<string, string>> {
  const { script, style, bundled } = await bundlePage("playground");
  const workers = await workerFiles();
  return new Map([
    ["index.html", playgroundPage()],
    // A block gives the declarations of the script their own scope.
    ["page.js", `{${script}}\n`],
    ["page.css", `${style}\n`],
    ...workers.files,
    [noticesFile, `${noticesOf(packageFolders([bundled, ...workers.bundled]), "this page")}\n`],
  ]);
}
