/** Recognises columns of numbers with a currency sign, a unit or %, such as "$4,123", "137 m2" and "45 %". */

/** The sign or unit that most numbers of a column have, with the first cell that has it. */
export interface QuantityProfile {
  readonly sign: string;
  readonly count: number;
  readonly text: string;
  readonly line: number | string | undefined;
}

/** The maximum number of different signs that a column counts; texts such as street numbers have many. */
const mostSigns = 50;

/** The maximum length of a cell with a number. */
const longest = 40;

/** Digits with groups of three, or without groups. */
const number = /(?:\d{1,3}(?:[.,'’_ \u00a0\u2009\u202f]\d{3})+|\d+)(?:[.,]\d*)?|[.,]\d+/.source;
/** A currency sign such as $ or US$, or a code such as USD. Other letters before a number are part of a name. */
const before = /[A-Z]{0,3}\p{Sc}|[A-Z]{3}/u.source;
/** A unit, such as %, °C, km/h or m2. It has no other digits, so that a date or a time is not a quantity. */
const after = /[\p{L}\p{Sc}%‰°'"′″](?:[\p{L}\p{M}\p{Sc}/%.·°²³ ]{0,14}[\p{L}\p{M}\p{Sc}%.°²³])?(?:\^?[23])?/u
  .source;
const quantity = RegExp(`^[+-]?\\s*(?:(${before})\\s*)?[+-]?(?:${number})(?:\\s*(${after}))?$`, "u");

/** Returns the sign and the unit of a number; undefined for other texts and for a number alone. */
function signOf(text: string, codes: ReadonlySet<string>): string | undefined {
  if (text.length > longest) return undefined;
  const [found, prefix = "", suffix = ""] = quantity.exec(text.trim()) ?? [];
  if (found === undefined || (/^[A-Z]{3}$/.test(prefix) && !codes.has(prefix))) return undefined;
  // A sign must be a single string, because a message advises the user to remove it.
  return prefix === "" || suffix === "" ? prefix + suffix || undefined : undefined;
}

export function quantityCounter() {
  const codes = new Set(Intl.supportedValuesOf("currency"));
  const signs = new Map<string, QuantityProfile>();
  return {
    add(text: string, line: number | string | undefined) {
      const sign = signOf(text, codes);
      if (sign === undefined) return;
      const known = signs.get(sign);
      if (known !== undefined) signs.set(sign, { ...known, count: known.count + 1 });
      else if (signs.size < mostSigns) signs.set(sign, { sign, count: 1, text, line });
    },
    /** The most frequent sign. */
    profile: (): QuantityProfile | undefined => [...signs.values()].sort((a, b) => b.count - a.count)[0],
  };
}
