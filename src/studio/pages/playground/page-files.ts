/** The files that specs can name: those of the examples, those that the page generates, and those of the user. */
import type { PageFiles } from "../../browser/messages.ts";
import { waveCsv } from "./examples.ts";
import { planeFile as pathsFile } from "./paths/spec-of-path.ts";
import { planeCsv, planeFile, planeOfFile, planeSets, drawnSet, type PlanePoint } from "./planes.ts";
import { bytesOfBase64, type PageTexts } from "./texts.ts";

export interface PageFileSet {
  /** Replaces the files of the user. A file of the user takes precedence over one of the page. */
  load(files: PageFiles): void;
  /** Replaces the drawn points. */
  draw(points: readonly PlanePoint[]): void;
  /** Generates the files that a spec names, which are too many to generate all. */
  generateFor(spec: string): void;
}

/** @param onChange receives all files after a change */
export function pageFiles(
  { data, binaries }: Pick<PageTexts, "data" | "binaries">,
  onChange: (files: PageFiles) => void,
): PageFileSet {
  const own: Record<string, string | Uint8Array> = {
    ...data,
    ...Object.fromEntries(Object.entries(binaries).map(([name, base64]) => [name, bytesOfBase64(base64)])),
    "wave.csv": waveCsv(),
    [pathsFile.name]: pathsFile.text,
  };
  let drawn: readonly PlanePoint[] = [];
  let loaded: PageFiles = {};
  const generate = (name: string) => {
    const plane = planeOfFile(name);
    if (plane !== undefined) own[name] = planeCsv(plane, { moons: data["two-moons.csv"], drawn });
  };
  const changed = () => onChange({ ...own, ...loaded });
  for (const set of planeSets) generate(planeFile({ set, noise: 0 }));
  changed();
  return {
    load(files) {
      loaded = files;
      changed();
    },
    draw(points) {
      drawn = points;
      Object.keys(own)
        .filter((name) => planeOfFile(name)?.set === drawnSet)
        .forEach(generate);
      changed();
    },
    generateFor(spec) {
      const names = [...spec.matchAll(/[\w-]+\.csv/g)].map(([name]) => name);
      const missing = names.filter((name) => planeOfFile(name) !== undefined && !Object.hasOwn(own, name));
      missing.forEach(generate);
      if (missing.length > 0) changed();
    },
  };
}
