/** Replaces `src/studio/web/playground-files.ts` in the published package: reads the files of the build. */
import { readdirSync, readFileSync } from "node:fs";
import type * as replaced from "../../../studio/web/playground-files.ts";

const folder = new URL("../../../../dist/playground/", import.meta.url);

export const playgroundFiles: typeof replaced.playgroundFiles = async () =>
  new Map(readdirSync(folder).map((file) => [file, readFileSync(new URL(file, folder), "utf8")]));
