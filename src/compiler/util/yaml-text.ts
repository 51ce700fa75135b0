/** Plain data as compact YAML: one line per key, in flow style, wrapped to the width of the page. */

const width = 108;

/** Words that YAML would not read as a string. */
const reserved = /^(true|false|null|yes|no|on|off|y|n|~)$/i;

export function scalarText(value: unknown): string {
  if (typeof value !== "string") return JSON.stringify(value ?? null);
  const isPlain = /^[A-Za-z_/][\w./-]*( [\w./-]+)*$/.test(value) && !reserved.test(value);
  return isPlain ? value : escaped(JSON.stringify(value));
}

/** Escapes characters that would end a comment or that are invisible. */
const escaped = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (sign) =>
    Array.from(sign.split(""), (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join(""),
  );

const isLeaf = (value: unknown): boolean => typeof value !== "object" || value === null;

/** The entries of a record that are not undefined. */
const entriesOf = (value: object): [string, unknown][] =>
  Object.entries(value).filter(([, each]) => each !== undefined);

/** A value in flow style, on one line. */
export function flowText(value: unknown): string {
  if (typeof value !== "object" || value === null) return scalarText(value);
  if (Array.isArray(value)) return `[${value.map(flowText).join(", ")}]`;
  const entries = entriesOf(value).map(([key, each]) => `${scalarText(key)}: ${flowText(each)}`);
  return entries.length === 0 ? "{}" : `{ ${entries.join(", ")} }`;
}

/** The lines of a record: values in flow style where they fit, otherwise nested blocks. */
export function yamlLines(value: object, indent = ""): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => entryLines(`${indent}- `, item, `${indent}  `));
  return entriesOf(value).flatMap(([key, each]) =>
    entryLines(`${indent}${scalarText(key)}:`, each, `${indent}  `),
  );
}

function entryLines(start: string, value: unknown, indent: string): string[] {
  const line = (start.endsWith(" ") ? start : `${start} `) + flowText(value);
  if (line.length <= width || isLeaf(value)) return [line];
  const lines = wrapped(line, indent);
  const isShort = lines.length <= 2 && !Array.isArray(value);
  return start.endsWith("- ") || isShort || typeof value !== "object" || value === null
    ? lines
    : [start, ...yamlLines(value, indent)];
}

/** Wraps a long line after commas. In flow style, YAML treats line breaks as spaces. */
export function wrapped(line: string, indent: string): string[] {
  const lines: string[] = [];
  let current = "";
  for (const part of line.split(/(?<=, )/)) {
    if (current !== "" && (current + part).trimEnd().length > width) {
      lines.push(current.trimEnd());
      current = `${indent}  `;
    }
    current += part;
  }
  return [...lines, current];
}
