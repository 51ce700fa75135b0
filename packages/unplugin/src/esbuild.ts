import { tapeless } from "./plugin.ts";

export default tapeless.esbuild;
export type { Options } from "./options.ts";
