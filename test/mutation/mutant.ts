/** A fault that is put into one source file, to see whether tests or the fuzzer notice it. */
export interface Mutant {
  /** Unique, as `vectors: rest of a loop dropped`. */
  readonly name: string;
  /** Relative to the project. */
  readonly file: string;
  /** Source text that occurs exactly once in the file, and what takes its place. */
  readonly find: string;
  readonly replace: string;
  /** Which part of the net should notice. */
  readonly kills: string;
}

/** The text with the fault in it; throws if the place to change is gone or not unique. */
export function mutated({ name, file, find, replace }: Mutant, text: string): string {
  const count = text.split(find).length - 1;
  if (count !== 1)
    throw new Error(
      `mutant "${name}": its text occurs ${count} times in ${file}, not once; update test/mutation/mutants`,
    );
  return text.replace(find, () => replace);
}

/** A mutant's name, the text to change, what takes its place. */
export type Row = readonly [name: string, find: string, replace: string];

export const inFile = (file: string, kills: string, rows: readonly Row[]): Mutant[] =>
  rows.map(([name, find, replace]) => ({ name, file, find, replace, kills }));
