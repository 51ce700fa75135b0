/**
 * Formats emitted code with prettier, which is the last step. The standalone build of prettier works in Node
 * and in pages, and is a tenth as large as the package. It is loaded when the first text is formatted. Babel
 * parses TypeScript in two thirds of the time that prettier's default parser needs, with the same result.
 */

/**
 * Formats a module. The options are fixed, so the same spec produces the same bytes regardless of the user's
 * settings.
 */
export const formatModule = (code: string): Promise<string> => formatted(code, {});

/**
 * Whether two modules differ only in formatting, such as line width or quote style. Objects are collapsed,
 * because prettier would otherwise keep the line breaks inside them.
 */
export async function hasSameCode(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((code) => formatted(code, { objectWrap: "collapse" })));
  return a === b;
}

async function formatted(code: string, options: { readonly objectWrap?: "collapse" }): Promise<string> {
  const [{ format }, ...plugins] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/babel"),
    import("prettier/plugins/estree"),
  ]);
  // The file extension `.ts` rules out JSX.
  return format(code, { parser: "babel-ts", filepath: "trainer.ts", printWidth: 110, plugins, ...options });
}
