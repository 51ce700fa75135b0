import { tapeless } from "./plugin.ts";

export default tapeless.webpack;
export type { Options } from "./options.ts";
