/**
 * Replaces `src/studio/web/page-code.ts` in the published package: reads the pages that the build has
 * bundled.
 */
import { readFileSync } from "node:fs";
import type * as replaced from "../../../studio/web/page-code.ts";

const read = (file: string): string =>
  readFileSync(new URL(`../../../../dist/pages/${file}`, import.meta.url), "utf8");

export const pageCode: typeof replaced.pageCode = async (name) => ({
  script: read(`${name}.js`),
  style: read(`${name}.css`),
});
