/** The last stage: prettier, so that the file reads as if a person had kept it. */
import { format } from "prettier";

/**
 * The name tells prettier that there is no JSX to look for. Fixed, whatever a user's own settings: the same
 * spec gives the same bytes.
 */
export const formatModule = (code: string): Promise<string> =>
  format(code, { parser: "typescript", filepath: "trainer.ts", printWidth: 110 });
