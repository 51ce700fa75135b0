/**
 * Builds the notices that the licences of bundled code require: copyright and licence text, in every copy.
 * The notices are derived from the actual content of a bundle, so they are always complete and current.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { mathFontPackage } from "./math-font.ts";

/** The working folder of bundling. esbuild reports the files of a bundle relative to this folder. */
export const bundlingFolder = fileURLToPath(new URL("../../../", import.meta.url));

/** The part of esbuild's metafile that lists the content of a bundle. */
export interface Bundled {
  readonly outputs: Readonly<
    Record<string, { readonly inputs: Readonly<Record<string, { readonly bytesInOutput: number }>> }>
  >;
}

const packageFacts = z.object({
  name: z.string(),
  version: z.string(),
  license: z.string().optional(),
  homepage: z.string().optional(),
  repository: z.union([z.string(), z.object({ url: z.string() })]).optional(),
});

/** Files of this project that contain a part of a package, and the folder of the package. */
const madeFrom: Readonly<Record<string, string>> = {
  "src/studio/pages/shared/math.css": `node_modules/${mathFontPackage}`,
};

/** The folders of the packages in these bundles, without duplicates. */
export function packageFolders(bundles: readonly Bundled[]): string[] {
  const inputs = bundles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) => Object.entries(output.inputs)),
  );
  const folders = inputs.flatMap(([path, { bytesInOutput }]) => {
    const folder =
      /^.*node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(path)?.[0] ?? madeFrom[path.replaceAll("\\", "/")];
    return folder === undefined || bytesInOutput === 0 ? [] : [folder];
  });
  return [...new Set(folders)].sort().map((folder) => resolve(bundlingFolder, folder));
}

/**
 * Builds the notices of these packages: name, terms, source, and the text of the licence. Packages with equal
 * licence texts share one copy. `whole` is the name of the product that contains the packages.
 */
export function noticesOf(folders: readonly string[], whole: string): string {
  const byText = new Map<string, string[]>();
  for (const folder of folders) {
    const text = licenceText(folder);
    byText.set(text, [...(byText.get(text) ?? []), headOf(folder)]);
  }
  const sections = [...byText].map(([text, heads]) => `${heads.join("\n")}\n\n${text}`);
  return [`The following third-party code is part of ${whole}, under its own terms:`, ...sections].join(
    `\n\n${"-".repeat(70)}\n\n`,
  );
}

function headOf(folder: string): string {
  const { name, version, license, homepage, repository } = packageFacts.parse(
    JSON.parse(readFileSync(join(folder, "package.json"), "utf8")),
  );
  const url = typeof repository === "object" ? repository.url : repository;
  const source =
    (url === undefined ? undefined : webAddress(url)) ?? homepage ?? `https://www.npmjs.com/package/${name}`;
  return `${name} ${version} (${license ?? "see below"}), source: ${source}`;
}

/** Converts `github:owner/name`, `owner/name` and `git+https://….git` to a web address. */
const webAddress = (repository: string): string =>
  repository
    .replace(/^(github:)?(?=[\w.-]+\/[\w.-]+$)/, "https://github.com/")
    .replace(/^git\+(ssh:\/\/git@)?/, (_, host: string | undefined) => (host === undefined ? "" : "https://"))
    .replace(/^git:/, "https:")
    .replace(/\.git$/, "");

/**
 * The text of all files in which a package states its terms. A package without such a file states them at the beginning
 * of its sources.
 */
function licenceText(folder: string): string {
  const files = readdirSync(folder).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file));
  const texts = files
    .sort()
    .map((file) => readFileSync(join(folder, file), "utf8").replaceAll("\r\n", "\n").trim());
  if (texts.length > 0) return texts.join("\n\n");
  const heads = sourceHeads(folder);
  const terms = heads.some((head) => head.includes(apache.name)) ? [...heads, apache.text()] : heads;
  return terms.length > 0 ? terms.join("\n\n") : "The package has no file with the text of its licence.";
}

/** The Apache License requires that its text accompanies every copy. */
const apache = {
  name: "Apache License, Version 2.0",
  text: () => readFileSync(new URL("apache-2.0.txt", import.meta.url), "utf8").trim(),
};

/** The different comments with a copyright at the beginning of a package's sources. */
function sourceHeads(folder: string): readonly string[] {
  const sources = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => /\.[cm]?js$/.test(file) && !file.includes("node_modules"))
    .sort();
  const heads = sources.flatMap((file) => {
    const head = /^(?:\/\/.*\n)+/.exec(readFileSync(join(folder, file), "utf8"))?.[0] ?? "";
    return head.includes("Copyright") ? [head.replaceAll(/^\/\/ ?/gm, "").trim()] : [];
  });
  return [...new Set(heads)];
}
