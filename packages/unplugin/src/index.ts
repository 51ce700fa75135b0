/** The plugin for every bundler that `unplugin` knows. */
export { tapeless } from "./plugin.ts";
export type { ImportOptions, Options } from "./options.ts";
