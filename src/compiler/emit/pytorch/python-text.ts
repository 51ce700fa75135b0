/**
 * Writes Python literals and identifiers. Every string of a spec passes through this file, so that none of them can
 * become code.
 */

/** A value that Python writes as a literal. An undefined entry of a record is left out. */
export type Literal =
  string | number | boolean | readonly Literal[] | { readonly [key: string]: Literal | undefined };

/** The words that a name must not be: keywords, and names that the emitted file uses. */
const reserved = new Set(
  (
    "False None True and as assert async await break class continue def del elif else except finally for from " +
    "global if import in is lambda nonlocal not or pass raise return try while with match case type " +
    "self torch np nn F math n abs bool dict enumerate float getattr int isinstance len list map max min object " +
    "open print range real repr reversed round set setattr slice sorted str sum super tuple zip"
  ).split(" "),
);

/** The members of `nn.Module`, which a layer or a parameter must not replace. */
export const moduleMembers: readonly string[] = (
  "T_destination add_module apply bfloat16 buffers call_super_init children compile cpu cuda double draws " +
  "dump_patches eval extra_repr float forward get_buffer get_extra_state get_parameter get_submodule half ipu " +
  "load_state_dict modules mtia named_buffers named_children named_modules named_parameters parameters " +
  "register_buffer register_module register_parameter requires_grad_ set_extra_state set_submodule share_memory " +
  "state_dict statistics to to_empty train training type xpu zero_grad"
).split(" ");

/** Makes identifiers that differ from each other and from `taken`. */
export function identifiers(taken: Iterable<string> = []): (hint: string) => string {
  const used = new Set(taken);
  return (hint) => {
    const base = identifier(hint);
    let name = base;
    for (let k = 2; used.has(name); k++) name = `${base}_${k}`;
    used.add(name);
    return name;
  };
}

/** The longest identifier, which leaves room for code in a line. */
const longest = 40;

/** The text with other characters than ASCII letters, digits and underscores replaced. */
export function identifier(text: string): string {
  const clean = text.replace(/[^A-Za-z0-9_]/g, "_").slice(0, longest);
  const name = /^[A-Za-z]/.test(clean) ? clean : `v${clean}`;
  return reserved.has(name) ? `${name}_` : name;
}

/** The name of a class: `batch-norm` becomes `BatchNorm`. */
export const className = (text: string): string =>
  identifier(text.replace(/(^|[^A-Za-z0-9]+)([A-Za-z0-9])/g, (_, __, first: string) => first.toUpperCase()));

/** A string in ASCII. */
export const stringText = (text: string): string =>
  `"${[...text].map((character) => escaped(character)).join("")}"`;

function escaped(character: string): string {
  if (character === '"' || character === "\\") return `\\${character}`;
  const code = character.codePointAt(0) ?? 0;
  if (code >= 0x20 && code < 0x7f) return character;
  return code > 0xffff
    ? `\\U${code.toString(16).padStart(8, "0")}`
    : `\\u${code.toString(16).padStart(4, "0")}`;
}

/** A number as the shortest decimal with the same double. */
export function numberText(value: number, isReal = true): string {
  if (Number.isNaN(value)) return "math.nan";
  if (!Number.isFinite(value)) return value > 0 ? "math.inf" : "-math.inf";
  if (Object.is(value, -0)) return "-0.0";
  const text = String(value);
  return isReal && /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A comment line without characters that could end it. */
export const commentText = (text: string): string =>
  text
    .replace(/[^\x20-\x7e]/g, "?")
    .replaceAll('"""', "'''")
    .replaceAll("\\", "/");

const widest = 116;

/** A literal, which continues on indented lines where it does not fit. */
export function literal(value: Literal, indent = "", used = 0): string {
  const flat = flatText(value);
  if (indent.length + used + flat.length <= widest) return flat;
  if (typeof value === "string") return longString(value, indent);
  if (typeof value !== "object") return flat;
  const inner = `${indent}    `;
  if (isList(value)) return `[\n${listLines(value, inner)}${indent}]`;
  const entries = Object.entries(value).flatMap(([key, each]) => {
    if (each === undefined) return [];
    const name = literal(key, inner, 4);
    return [`${inner}${name}: ${literal(each, inner, name.length + 4)},\n`];
  });
  return `{\n${entries.join("")}${indent}}`;
}

const isList = (value: object): value is readonly Literal[] => Array.isArray(value);

function flatText(value: Literal): string {
  if (typeof value === "string") return stringText(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value === "number") return numberText(value, false);
  if (isList(value)) return `[${value.map(flatText).join(", ")}]`;
  const entries = Object.entries(value).flatMap(([key, each]) =>
    each === undefined ? [] : [`${stringText(key)}: ${flatText(each)}`],
  );
  return `{${entries.join(", ")}}`;
}

/** The elements of a list, as many in a line as fit. */
function listLines(list: readonly Literal[], indent: string): string {
  const lines: string[] = [];
  for (const element of list) {
    const text = `${literal(element, indent, 1)},`;
    const last = lines.at(-1);
    const joined = `${last} ${text}`;
    if (last !== undefined && !joined.includes("\n") && indent.length + joined.length <= widest)
      lines[lines.length - 1] = joined;
    else lines.push(text);
  }
  return lines.map((line) => `${indent}${line}\n`).join("");
}

/** Adjacent strings, which Python joins. */
function longString(text: string, indent: string): string {
  // An escaped character takes up to ten columns.
  const most = Math.max(8, Math.floor((widest - indent.length - 6) / 10));
  const characters = [...text];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += most)
    pieces.push(`${indent}    ${stringText(characters.slice(start, start + most).join(""))}\n`);
  return `(\n${pieces.join("")}${indent})`;
}
