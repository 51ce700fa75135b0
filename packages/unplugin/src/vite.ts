import { tapeless } from "./plugin.ts";

export default tapeless.vite;
export type { Options } from "./options.ts";
