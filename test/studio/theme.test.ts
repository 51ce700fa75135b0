// The colours of tokens.css and palette.ts. If a test fails, some text or control of a page is hard to read on a
// light or a dark background (WCAG 2.2: 1.4.3, text; 1.4.11, controls and graphics).
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { regionColours, seriesColours, signalColours, type ColourPair } from "../../src/studio/palette.ts";

const tokens = readFileSync(new URL("../../src/studio/pages/shared/tokens.css", import.meta.url), "utf8");

/** The pair of colours of a property. */
function pairOf(name: string): ColourPair {
  const found = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(tokens);
  if (found === null) throw new Error(`tokens.css has no colours for --${name}`);
  return [found[1], found[2]];
}

/** The relative luminance of a colour `#rrggbb`, as WCAG defines it. */
function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const value = parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** The pairs of colours that are too similar, with their contrast. */
const tooSimilar = (
  colours: Readonly<Record<string, ColourPair>>,
  backgrounds: Readonly<Record<string, ColourPair>>,
  least: number,
): string[] =>
  Object.entries(colours).flatMap(([name, pair]) =>
    Object.entries(backgrounds).flatMap(([ground, under]) =>
      pair.flatMap((colour, i) => {
        const ratio = contrast(colour, under[i]);
        const where = `${name} on ${ground}, ${i === 0 ? "light" : "dark"}`;
        return ratio >= least ? [] : [`${where}: ${ratio.toFixed(2)}`];
      }),
    ),
  );

const named = (...names: readonly string[]) => Object.fromEntries(names.map((name) => [name, pairOf(name)]));
const grounds = named("ground", "raised", "sunken");

describe("the colours of pages", () => {
  it("measure contrast as WCAG does", () => {
    expect(contrast("#000000", "#ffffff")).toBeCloseTo(21, 10);
    expect(contrast("#777777", "#ffffff")).toBeCloseTo(4.48, 2);
  });
  it("have a contrast of 4.5 for text on every background", () => {
    const texts = { ...named("ink", "quiet"), ...regionColours, ...signalColours };
    expect(tooSimilar(texts, grounds, 4.5)).toEqual([]);
    expect(tooSimilar(named("ink"), named("found"), 4.5)).toEqual([]);
    // Pressed and primary buttons: text in the colour of the page on the accent.
    expect(tooSimilar(named("ground"), { accent: signalColours.accent }, 4.5)).toEqual([]);
  });
  it("have a contrast of 3 for curves and the outlines of controls", () => {
    const curves = Object.fromEntries(seriesColours.map((pair, i) => [`series${i}`, pair]));
    const ofPages = named("ground", "raised");
    expect(tooSimilar({ ...curves, ...named("edge") }, ofPages, 3)).toEqual([]);
  });
});

describe("the sizes of text", () => {
  it("start at 11 pixels", () => {
    const sizes = [...tokens.matchAll(/--text-\w+: ([\d.]+)px/g)].map(([, size]) => Number(size));
    expect(Math.min(...sizes)).toBe(11);
  });
});
