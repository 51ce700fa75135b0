import { tapeless } from "./plugin.ts";

export default tapeless.rollup;
export type { Options } from "./options.ts";
