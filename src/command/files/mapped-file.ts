/** `compile --sourcemap`: an emitted file that names its source map, and the map, which lies beside it. */
import type { EmittedFile } from "../../compiler/emit/emitted-file.ts";
import { basename, dirname, isAbsolute, relative, resolve, sep } from "node:path";
import { pathToFileURL } from "node:url";
import type { SpecSource } from "../../compiler/spec/read/spec-source.ts";

export interface OutputFile {
  readonly file: string;
  readonly content: string;
}

export const mapFileOf = (output: string): string => `${output}.map`;

/**
 * The code, which is as without a map but for one line at its end, and the map; in the order of writing, so
 * that a file never names one that is not there. `spec` and `output` are paths as the user gives them.
 */
export async function mappedFile(
  emitted: EmittedFile,
  source: SpecSource,
  { spec, output }: { readonly spec: string; readonly output: string },
): Promise<readonly OutputFile[]> {
  const { sourceMap } = await import("../../studio/explain/source-map.ts");
  const file = basename(output);
  const map = await sourceMap(emitted, source, { file, spec: addressFrom(dirname(output), spec) });
  const code = `${emitted.text}//# sourceMappingURL=${encodeURIComponent(mapFileOf(file))}\n`;
  return [
    // One key a line: where a map is kept with the code, a change of it can be read.
    { file: mapFileOf(output), content: `${JSON.stringify(map, undefined, 2)}\n` },
    { file: output, content: code },
  ];
}

/** Addresses in maps are relative URLs, with slashes on every system; on another drive they are whole. */
function addressFrom(folder: string, file: string): string {
  const path = relative(resolve(folder), resolve(file));
  if (isAbsolute(path)) return pathToFileURL(resolve(file)).href;
  return path.split(sep).map(encodeURIComponent).join("/");
}
