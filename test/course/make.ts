// Updates docs/course.md: runs its commands and fills its generated blocks. `npm run course` writes the page
// and its pictures. With `-- --seeds 10` it writes nothing, and prints for how many of the seeds 1 to 10 each
// claim of the page holds.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { claims, outcomes } from "./claims.ts";
import { kinds } from "./draw.ts";
import { filled } from "./page.ts";
import { runPage, type PageRuns } from "./run-page.ts";

const address = new URL("../../docs/course.md", import.meta.url);
const pictures = new URL("../../docs/course/", import.meta.url);

export const readPage = (): string => readFileSync(address, "utf8");
export const readPicture = (file: string): string => readFileSync(new URL(file, pictures), "utf8");

export interface Made {
  readonly page: string;
  readonly pictures: ReadonlyMap<string, string>;
}

/** The updated page and its pictures. */
export function makePage(page: string, { runs, folder }: PageRuns): Made {
  const pictures = new Map<string, string>();
  const text = filled(page, (kind, takes, block) => {
    const kindOfFigure = kinds[kind];
    if (kindOfFigure === undefined) throw new Error(`there is no kind of figure "${kind}"`);
    const above = block === undefined ? [] : (runs.get(block) ?? []);
    return kindOfFigure({ takes, runs: above, folder, picture: (file, svg) => pictures.set(file, svg) });
  });
  return { page: text, pictures };
}

async function write(): Promise<void> {
  const runs = await runPage(readPage());
  const made = makePage(readPage(), runs);
  runs.remove();
  mkdirSync(pictures, { recursive: true });
  writeFileSync(address, made.page);
  for (const [file, svg] of made.pictures) writeFileSync(new URL(file, pictures), svg);
}

async function count(seeds: number): Promise<void> {
  const held = claims.map(() => 0);
  for (let seed = 1; seed <= seeds; seed++) {
    const runs = await runPage(readPage(), seed);
    runs.remove();
    const of = outcomes(runs);
    claims.forEach(({ holds }, i) => (held[i] += holds(of) ? 1 : 0));
  }
  claims.forEach(({ claim }, i) => console.log(`${held[i]} of ${seeds}  ${claim}`));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [flag, seeds] = process.argv.slice(2);
  await (flag === "--seeds" ? count(Number(seeds)) : write());
}
