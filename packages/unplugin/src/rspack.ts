import { tapeless } from "./plugin.ts";

export default tapeless.rspack;
export type { Options } from "./options.ts";
