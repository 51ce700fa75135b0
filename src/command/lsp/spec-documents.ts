/** Decides which documents of an editor are specs, and in which format they are written. */
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

export type SpecFormat = "json" | "yaml" | "typescript";

export interface DocumentFacts {
  readonly uri: string;
  readonly languageId: string;
  readonly text: string;
}

/** The language ids by which an editor can claim a document. */
const ownLanguages: Readonly<Record<string, SpecFormat>> = {
  "tapeless-json": "json",
  "tapeless-yaml": "yaml",
};

const formatOfExtension: Readonly<Record<string, SpecFormat>> = {
  json: "json",
  yaml: "yaml",
  yml: "yaml",
  ts: "typescript",
  mts: "typescript",
};

/** The schema is named near the start of a file, so that no large document is searched. */
const headLength = 2000;

/** `"$schema": "…/spec.schema.json"` as a key, or the comment of the YAML language server. */
const namesSchema = /\$schema["']?\s*[:=]\s*["']?[^\s"']*(?:spec\.schema\.json|tapeless\/schema\.json)/;

/**
 * The format of a document that is a spec: its name ends in `.tapeless.json`, `.tapeless.yaml`, `.tapeless.yml` or
 * `.tapeless.ts`, its language id or a pattern of the user claims it, or its `$schema` is the schema of specs.
 * Undefined for any other document.
 * @param patterns of paths, in which `*` matches a part of a name, and `**` any number of folders
 */
export function specFormat(
  { uri, languageId, text }: DocumentFacts,
  patterns: readonly string[],
): SpecFormat | undefined {
  const claimed = Object.hasOwn(ownLanguages, languageId) ? ownLanguages[languageId] : undefined;
  if (claimed !== undefined) return claimed;
  const path = pathOf(uri) ?? uri;
  const extension = /\.(json|ya?ml|m?ts)$/i.exec(path)?.[1].toLowerCase();
  if (extension === undefined) return undefined;
  const format = formatOfExtension[extension];
  const isNamed = /\.tapeless\.\w+$/i.test(basename(path));
  if (isNamed || patterns.some((pattern) => matches(pattern, path))) return format;
  return format !== "typescript" && namesSchema.test(text.slice(0, headLength)) ? format : undefined;
}

/** The path of a document that is a local file. */
export function pathOf(uri: string): string | undefined {
  try {
    return uri.startsWith("file:") ? fileURLToPath(uri) : undefined;
  } catch {
    return undefined;
  }
}

/** A pattern without a leading slash matches at the start of any folder. */
function matches(pattern: string, path: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll(/\*\*\/|\*\*|\*|\?/g, (wildcard) => wildcards[wildcard]);
  return new RegExp(`${pattern.startsWith("/") ? "^" : "(?:^|/)"}${source}$`).test(
    path.replaceAll("\\", "/"),
  );
}

const wildcards: Readonly<Record<string, string>> = {
  "**/": "(?:.*/)?",
  "**": ".*",
  "*": "[^/]*",
  "?": "[^/]",
};
