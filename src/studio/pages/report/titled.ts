/** `gradient` as a title: `Gradient`. */
export const titled = (name: string): string => name.replace(/^./, (letter) => letter.toUpperCase());
