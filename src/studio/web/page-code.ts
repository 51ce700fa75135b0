/**
 * The script and the style of each page, bundled from `src/studio/pages/` on demand, which takes tens of
 * milliseconds. The published package contains the bundles (`command/package/published/page-code.ts`).
 */
import { fileURLToPath } from "node:url";
import { invariant } from "../../compiler/diagnostics/errors.ts";
import { paletteCss } from "../palette.ts";
import { bundlingFolder, noticesOf, packageFolders, type Bundled } from "./notices.ts";

/** The available pages. Each is a folder of `src/studio/pages/` with a `main.ts`. */
export const pageNames = ["report", "live", "document"] as const;
export type PageName = (typeof pageNames)[number];

export interface PageCode {
  readonly script: string;
  readonly style: string;
}

/** A bundled page. The content of the bundle determines the notices that the page needs. */
export interface BundledPage extends PageCode {
  readonly bundled: Bundled;
}

export const pageCode = async (name: PageName): Promise<PageCode> => withNotices(await bundlePage(name));

/** Bundles the page in the folder `name` of `src/studio/pages/`. */
export async function bundlePage(name: string): Promise<BundledPage> {
  const { build } = await import("esbuild");
  const { outputFiles, metafile } = await build({
    entryPoints: [fileURLToPath(new URL(`../pages/${name}/main.ts`, import.meta.url))],
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    charset: "utf8",
    legalComments: "none",
    metafile: true,
    absWorkingDir: bundlingFolder,
    outdir: "out",
    loader: { ".woff2": "dataurl" },
    banner: { css: paletteCss },
  });
  const textOf = (ending: string): string | undefined =>
    outputFiles.find(({ path }) => path.endsWith(ending))?.text;
  const script = textOf(".js");
  invariant(script !== undefined, `the page ${name} has no script`);
  // Scripts and styles must not contain the end tag of their element.
  return { script: inElement(script), style: (textOf(".css") ?? "").trim(), bundled: metafile };
}

const inElement = (script: string): string => script.replaceAll("</script", "<\\/script").trim();

/** Adds the notices. A page is one file, so they are a comment at the end of its script. */
function withNotices({ script, style, bundled }: BundledPage): PageCode {
  const folders = packageFolders([bundled]);
  if (folders.length === 0) return { script, style };
  const notices = noticesOf(folders, "this page").replaceAll("*/", "* /");
  return { script: inElement(`${script}\n/*!\n${notices}\n*/`), style };
}
