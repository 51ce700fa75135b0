/** Writes Markdown for generated blocks: tables and code. */

/** A table. Cells are Markdown. Vertical bars in cells are escaped, and line breaks become spaces. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

export const code = (text: string): string => `\`${text}\``;

/**
 * Turns a description from the code into a sentence with a capital letter and a full stop, and escapes HTML.
 * A formula or an identifier at the beginning (`y = x`, `f32`) stays in lower case.
 */
export function prose(text: string): string {
  const whole = /[.!?…]$/.test(text) || text === "" ? text : `${text}.`;
  return whole.replace(/^(a|[a-z]{2,})(?=[ ,:;])/, capitalised).replaceAll("<", "&lt;");
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
