/**
 * Formatting with prettier, the last stage. Its standalone form with the TypeScript plugins is the same in
 * Node and in
 * pages, and a tenth of the package; it is loaded with the first text.
 */

/**
 * Formats a module. The options are fixed, whatever the settings of the user: the same spec gives the same
 * bytes.
 */
export const formatModule = (code: string): Promise<string> => formatted(code, {});

/**
 * Whether two modules differ in formatting only, such as the width of lines or the style of quotes. Objects are
 * collapsed, since prettier keeps the line breaks inside them otherwise.
 */
export async function hasSameCode(one: string, other: string): Promise<boolean> {
  const [a, b] = await Promise.all([one, other].map((code) => formatted(code, { objectWrap: "collapse" })));
  return a === b;
}

async function formatted(code: string, options: { readonly objectWrap?: "collapse" }): Promise<string> {
  const [{ format }, ...plugins] = await Promise.all([
    import("prettier/standalone"),
    import("prettier/plugins/typescript"),
    import("prettier/plugins/estree"),
  ]);
  // By the name prettier knows that there is no JSX.
  return format(code, { parser: "typescript", filepath: "trainer.ts", printWidth: 110, plugins, ...options });
}
