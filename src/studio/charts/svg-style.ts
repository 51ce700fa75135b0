/**
 * The look of all pictures, on light and dark ground. Colours of series after Okabe and Ito: the colour-blind
 * tell them apart too.
 */

/** On light ground and on dark. */
const colours: readonly (readonly [string, string])[] = [
  ["#0072b2", "#56b4e9"],
  ["#d55e00", "#ff8c42"],
  ["#009e73", "#2fc79a"],
  ["#b0559c", "#dd8fcb"],
  ["#c08a00", "#f0c840"],
  ["#555555", "#bbbbbb"],
];

export const colourCount = colours.length;

const seriesStyle = (ground: 0 | 1): string =>
  colours
    .map((pair, i) => `.line${i} { stroke: ${pair[ground]} } .dot${i} { fill: ${pair[ground]} }`)
    .join("\n");

export const svgStyle = `
text { fill: #333 }
.title { font-size: 16px; font-weight: 600 }
.panel { font-size: 13px; font-weight: 600 }
.quiet { fill: #666 }
.paper { fill: #fff }
.grid { stroke: #e4e4e4 }
.axis { stroke: #999; fill: none }
.mark { stroke: #777; stroke-dasharray: 4 3 }
.line { fill: none; stroke-width: 1.8; stroke-linejoin: round; stroke-linecap: round }
.dashed { stroke-dasharray: 6 4 }
.dot { fill-opacity: 0.55 }
.box { stroke: #fff; stroke-width: 0.8 }
.band { fill: #777 }
.cell { fill: #0072b2 }
.over { fill: #fff }
${seriesStyle(0)}
@media (prefers-color-scheme: dark) {
text { fill: #ddd }
.quiet { fill: #aaa }
.paper { fill: #16181c }
.box { stroke: #16181c }
.grid { stroke: #33363c }
.axis { stroke: #777 }
.mark { stroke: #999 }
${seriesStyle(1)}
.over { fill: #fff }
}`.trim();
