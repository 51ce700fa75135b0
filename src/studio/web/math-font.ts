/**
 * Makes the font of formulas: the glyphs of STIX Two Math that formulas use, with its table for the layout of
 * mathematics. `npm run generate:font` writes the file, which `pages/shared/math.css` embeds in pages. Pages load
 * no other file, so the font must be small.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

/** The package that contains the whole font. Its licence accompanies every copy of the font. */
export const mathFontPackage = "@fontsource/stix-two-math";

/** The path of the font, relative to `src/studio/`. */
export const mathFontFile = "pages/shared/math-font.woff2";

/** The characters from one code point to another, both included. */
const between = (first: number, last: number): string =>
  Array.from({ length: last - first + 1 }, (_, i) => String.fromCodePoint(first + i)).join("");

/**
 * The characters of formulas. MathML sets an identifier of one letter in italics: browsers map `x` to U+1D465 and
 * `β` to U+1D6FD.
 */
export const mathCharacters: string = [
  between(0x20, 0x7e),
  "\u00a0·×±−…‖|⌊⌋⌈⌉⟨⟩√∂∑∏∫∞∈≤≥≠≈→←⊙⊗∘∇′ˆ¯˜",
  // Accents above letters, as in ŷ.
  "\u0302\u0303\u0304ĥŷ",
  "⁰¹²³⁴⁵⁶⁷⁸⁹⁻₀₁₂₃₄₅₆₇₈₉₋",
  // Greek capitals (U+03A2 is not assigned) and small letters, upright and italic.
  between(0x391, 0x3a1),
  between(0x3a3, 0x3a9),
  between(0x3b1, 0x3c9),
  "ϵϑϕϱ",
  between(0x1d6e2, 0x1d71b),
  // Latin letters in italics; the italic h is Planck's constant.
  between(0x1d434, 0x1d454),
  "ℎ",
  between(0x1d456, 0x1d467),
].join("");

/**
 * `ssty`: the forms of letters in sub- and superscripts. Without the hints for coarse screens, the font is a third
 * smaller. The published types of the package lack two of these options.
 */
const options = { targetFormat: "woff2", keepFeatures: ["ssty"], noHinting: true } as const satisfies object;

/** Builds the font in the format WOFF2. The same versions of the packages give the same bytes. */
export async function makeMathFont(): Promise<Uint8Array> {
  const { default: subsetFont } = await import("subset-font");
  const require = createRequire(import.meta.url);
  const whole = require.resolve(`${mathFontPackage}/files/stix-two-math-latin-400-normal.woff2`);
  return subsetFont(readFileSync(whole), mathCharacters, options);
}

/** The location of the font on this machine. */
export const mathFontPath = (): string => fileURLToPath(new URL(`../${mathFontFile}`, import.meta.url));
