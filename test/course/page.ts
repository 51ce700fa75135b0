// The syntax of docs/course.md: blocks of commands, and blocks that are generated from the output of these
// commands.
//
//   ```sh                                       a block of commands; `for` over words: one per word;
//   npx tapeless train graphs/course/wave.ts    a comment `# exits with 1` says that the command must fail
//   ```
//   <!-- table train.loss -->                   a generated block: its kind, its arguments, …
//   <!-- end -->                                … and between the two markers the generated text

/** One command of the page. */
export interface Command {
  /** The command as a person types it. */
  readonly text: string;
  /** The words after `npx tapeless`. */
  readonly words: readonly string[];
  /** The exit code stated on the page. */
  readonly exits: number;
}

/** Generates the text of a block from its kind, its arguments, and the block of commands above it. */
export type Draw = (kind: string, takes: string, block: string | undefined) => string;

const blocks = /```sh\n([^]*?)```/g;
// The text between two markers must not contain a third one. If an end marker is missing, the text up to the
// next marker is therefore kept.
const blocksAndFigures = /```sh\n([^]*?)```|<!-- ([a-z]+) (?:([^\n]*) )?-->\n(?:(?!<!-- )[^])*<!-- end -->/g;

/** Every block of commands, in the order of the page. */
export const blocksOf = (page: string): string[] => [...page.matchAll(blocks)].map(([, block]) => block);

/** The page with all generated blocks filled. */
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
