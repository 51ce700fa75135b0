/**
 * Finds texts of a page that are hard to read: below 11 pixels, or with a contrast below that of WCAG 2.2 AA (1.4.3:
 * 4.5, and 3 for large text; 1.4.11: 3 for the outlines of fields). The colours are those that the browser computes, so
 * none outside the style sheets of the theme escapes. The background of a text consists of all elements under its
 * middle.
 */
import type { Page } from "playwright-core";

const script = `(() => {
  const context = Object.assign(document.createElement("canvas"), { width: 1, height: 1 })
    .getContext("2d", { willReadFrequently: true });
  const paint = (colour, opacity) => {
    context.globalAlpha = opacity;
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
  };
  const luminance = () => {
    const [r, g, b] = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((part) => {
      const c = part / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const opacityOf = (element) => {
    let opacity = 1;
    for (let at = element; at !== null; at = at.parentElement) opacity *= Number(getComputedStyle(at).opacity);
    return opacity;
  };
  const isDrawing = (element) => element instanceof SVGElement && !(element instanceof SVGSVGElement);
  /** Paints all elements from the bottom up. */
  const paintBehind = (elements) => {
    paint("white", 1);
    for (const element of [...elements].reverse()) {
      const style = getComputedStyle(element);
      if (!isDrawing(element)) paint(style.backgroundColor, opacityOf(element));
      else if (element instanceof SVGGeometryElement && style.fill !== "none")
        paint(style.fill, Number(style.fillOpacity) * opacityOf(element));
    }
    return luminance();
  };
  const contrast = (behind, colour, opacity) => {
    paint(colour, opacity);
    const [dark, light] = [behind, luminance()].sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const isExempt = (element) =>
    element.closest(":disabled, [aria-disabled='true'], [inert], svg.graph-minimap") !== null ||
    getComputedStyle(element).visibility !== "visible";
  const problems = [];
  let count = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
    const element = node.parentElement;
    if (node.data.trim() === "" || element === null) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    const place = [...range.getClientRects()].find(({ width }) => width > 1);
    // Outside the window.
    if (place === undefined || place.top > innerHeight || place.bottom < 0 || isExempt(element)) continue;
    const stack = document.elementsFromPoint(place.left + place.width / 2, place.top + place.height / 2);
    const at = stack.indexOf(element);
    // Scrolled away or covered.
    if (at < 0 || stack.slice(0, at).some((above) => !element.contains(above) && !isDrawing(above))) continue;
    count++;
    const style = getComputedStyle(element);
    const scale = isDrawing(element) ? element.getScreenCTM().a : 1;
    const size = parseFloat(style.fontSize) * scale;
    const isLarge = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
    const behind = paintBehind(stack.slice(at));
    const ratio = contrast(behind, isDrawing(element) ? style.fill : style.color, opacityOf(element));
    const what = element.tagName + " " + (element.getAttribute("class") ?? "") + ": " + node.data.trim().slice(0, 40);
    // Subscripts of formulas are smaller than their line.
    if (size < 10.99 && element.closest("math") === null) problems.push(what + ", " + size.toFixed(1) + " px");
    if (ratio < (isLarge ? 3 : 4.5)) problems.push(what + ", contrast " + ratio.toFixed(2));
  }
  for (const field of document.querySelectorAll("input:not([type=range], [type=file]), select, textarea")) {
    const { left, top, width, height } = field.getBoundingClientRect();
    const stack = document.elementsFromPoint(left + width / 2, top + height / 2);
    if (width === 0 || isExempt(field) || !stack.includes(field) || parseFloat(getComputedStyle(field).borderTopWidth) === 0)
      continue;
    const behind = paintBehind(stack.slice(stack.indexOf(field) + 1));
    const ratio = contrast(behind, getComputedStyle(field).borderTopColor, 1);
    if (ratio < 3) problems.push(field.tagName + " " + field.className + ": outline, contrast " + ratio.toFixed(2));
  }
  return { count, problems: [...new Set(problems)] };
})()`;

/** The texts in the window, and the problems of those that are hard to read. */
export const legibility = (
  page: Page,
): Promise<{ readonly count: number; readonly problems: readonly string[] }> => page.evaluate(script);
