/**
 * The last stage: prettier, so that the file reads as if a person had kept it. Its standalone form with the
 * plugins for TypeScript alone is the same in Node and in pages, and a tenth of the package; it is loaded for the
 * first text.
 */

/**
 * The name tells prettier that there is no JSX to look for. Fixed, whatever a user's own settings: the same
 * spec gives the same bytes.
 */
export async function formatModule(code: string): Promise<string> {
  const [{ format }, ...plugins] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/typescript"),
    import("prettier/plugins/estree"),
  ]);
  return format(code, { parser: "typescript", filepath: "trainer.ts", printWidth: 110, plugins });
}
