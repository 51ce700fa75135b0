/** `npm run generate:font`: writes the font of formulas, which `studio/web/math-font.ts` describes. */
import { writeFileSync } from "node:fs";
import { makeMathFont, mathFontPath } from "../../studio/web/math-font.ts";

writeFileSync(mathFontPath(), await makeMathFont());
