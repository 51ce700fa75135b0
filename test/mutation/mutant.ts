/** A mutant: a fault that is inserted into one source file, to check that tests or the fuzzer detect it. */
export interface Mutant {
  /** A unique name, such as `vector-loops: the last vector is stored whole`. */
  readonly name: string;
  /** The path relative to the project. */
  readonly file: string;
  /** The text to replace, which must occur exactly once in the file, and its replacement. */
  readonly find: string;
  readonly replace: string;
  /** The tests that should detect the fault. */
  readonly kills: string;
}

/** Returns the text with the fault. Throws if the text to replace is missing or not unique. */
export function mutated({ name, file, find, replace }: Mutant, text: string): string {
  const count = text.split(find).length - 1;
  if (count !== 1)
    throw new Error(
      `mutant "${name}": its text occurs ${count} times in ${file}, not once; update test/mutation/mutants`,
    );
  return text.replace(find, () => replace);
}

/** A row of the table: the name of a mutant, the text to replace, and the replacement. */
export type Row = readonly [name: string, find: string, replace: string];

export const inFile = (file: string, kills: string, rows: readonly Row[]): Mutant[] =>
  rows.map(([name, find, replace]) => ({ name, file, find, replace, kills }));
