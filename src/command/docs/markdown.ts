/** Markdown of generated blocks: tables and code. */

/** A table; cells are Markdown, in which a bar or a line break would end the cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll(/\s*\n\s*/g, " ");

export const code = (text: string): string => `\`${text}\``;

/**
 * A description from the code as a sentence: capital letter, full stop, and nothing that reads as HTML. What begins
 * with a formula or a name of code (`y = x`, `f32`) keeps its small letter.
 */
export function prose(text: string): string {
  const whole = /[.!?…]$/.test(text) || text === "" ? text : `${text}.`;
  return whole.replace(/^(a|[a-z]{2,})(?=[ ,:;])/, capitalised).replaceAll("<", "&lt;");
}

const capitalised = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);
