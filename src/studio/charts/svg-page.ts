/** A picture of blocks below one another, under one title: panels of charts, matrices. */
import { svgFile, textAt } from "./svg.ts";

/** Something that knows how high it is and draws itself from `top` on. */
export interface Block {
  readonly height: number;
  readonly svg: (top: number) => string;
}

export const pageWidth = 720;

export interface Page {
  readonly title: string;
  /** What is to be known beside the title, in smaller letters. */
  readonly subtitle?: string | undefined;
  readonly blocks: readonly Block[];
}

export function pageSvg({ title, subtitle, blocks }: Page): string {
  let y = subtitle === undefined ? 40 : 58;
  const drawn = blocks.map(({ height, svg }) => {
    const top = y;
    y += height;
    return svg(top);
  });
  return svgFile(
    { width: pageWidth, height: y },
    title,
    textAt(24, 28, title, { class: "title" }),
    ...(subtitle === undefined ? [] : [textAt(24, 48, subtitle, { class: "quiet" })]),
    ...drawn,
  );
}
