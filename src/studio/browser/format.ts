/**
 * Stands in a page for `emit/typescript/format.ts`: the same formatter in the form that it has for pages,
 * with the plugins it then needs.
 */
import * as estree from "prettier/plugins/estree";
import * as typescript from "prettier/plugins/typescript";
import { format } from "prettier/standalone";

export const formatModule = (code: string): Promise<string> =>
  format(code, {
    parser: "typescript",
    filepath: "trainer.ts",
    printWidth: 110,
    plugins: [estree, typescript],
  });
