// The grammar of docs/course.md: blocks of commands, and figures that are made from what the block before them printed.
//
//   ```sh                                       a block of commands; a `for` over words is one command each,
//   npx tapeless train graphs/course/wave.ts    a comment `# exits with 1` says that the command must fail
//   ```
//   <!-- table train.loss -->                   a figure: its kind, what it takes, …
//   <!-- end -->                                … and between the two comments what the script writes

/** One command of the page. */
export interface Command {
  /** As a person types it. */
  readonly text: string;
  /** What follows `npx tapeless`. */
  readonly words: readonly string[];
  /** The exit code that the page promises. */
  readonly exits: number;
}

/** What makes the text of a figure: its kind, what it takes, and the block of commands above it. */
export type Draw = (kind: string, takes: string, block: string | undefined) => string;

const blocks = /```sh\n([^]*?)```/g;
// What is between the two comments holds no third: where an end is forgotten, nothing up to the next one is lost.
const blocksAndFigures = /```sh\n([^]*?)```|<!-- ([a-z]+) (?:([^\n]*) )?-->\n(?:(?!<!-- )[^])*<!-- end -->/g;

/** Every block of commands, in the order of the page. */
export const blocksOf = (page: string): string[] => [...page.matchAll(blocks)].map(([, block]) => block);

/** The page with every figure drawn. */
export function filled(page: string, draw: Draw): string {
  let above: string | undefined;
  return page.replace(
    blocksAndFigures,
    (all, block: string | undefined, kind: string, takes: string | undefined) => {
      if (block !== undefined) {
        above = block;
        return all;
      }
      const head = all.slice(0, all.indexOf("\n"));
      return `${head}\n${draw(kind, takes ?? "", above)}\n<!-- end -->`;
    },
  );
}

/** The commands of a block. */
export const commandsOf = (block: string): Command[] => block.split("\n").flatMap(commandsOfLine);

function commandsOfLine(line: string): Command[] {
  const [, variable, values, repeated] = /^for (\w+) in ([^;]+); do (.*); done$/.exec(line) ?? [];
  if (repeated !== undefined)
    return values
      .trim()
      .split(/\s+/)
      .flatMap((value) => commandsOfLine(repeated.replaceAll(`$${variable}`, value)));
  const [, text, comment] = /^(npx tapeless [^#]*?)\s*(#.*)?$/.exec(line) ?? [];
  if (text === undefined) return [];
  const [, exits = "0"] = /exits with (\d)/.exec(comment ?? "") ?? [];
  return [{ text, words: text.split(/\s+/).slice(2), exits: Number(exits) }];
}
