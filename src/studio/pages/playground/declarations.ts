/** Splits emitted code into pieces that can be coloured and shown one by one. */

/**
 * Splits a file before each line that follows a blank line and is not indented. In formatted code, a declaration with
 * its comments begins there. The pieces, joined by line breaks, are the text; each but the last ends with an empty
 * line.
 */
export const declarationsIn = (text: string): readonly string[] => text.split(/(?<=\n)\n(?=\S)/);
