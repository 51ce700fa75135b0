// The columns of a table that are made, not read: one for each place of a row of an input or target, called after both.

/** "pixels[3]". */
export function placeColumn(name: string, index: number): string {
  return `${name}[${index}]`;
}

/** All of them, as a section of the data lists columns. */
export function placeColumns(name: string, size: number): string[] {
  return [`${placeColumn(name, 0)}..${placeColumn(name, size - 1)}`];
}
