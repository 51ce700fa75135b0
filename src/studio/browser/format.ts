/**
 * Replaces `emit/typescript/format.ts` in a web page: formats each text once. Most parts of a module are the same
 * after a change of the spec, and formatting takes most of the time of emitting code.
 */
import * as plain from "../../compiler/emit/typescript/format.ts";

/** The formatted texts of the last two generations. */
const cache: { recent: Map<string, Promise<string>>; older: ReadonlyMap<string, Promise<string>> } = {
  recent: new Map(),
  older: new Map(),
};

/** The size of a generation: the parts of several large modules. */
const maxTexts = 2000;

export function formatModule(code: string): Promise<string> {
  const formatted = cache.recent.get(code) ?? cache.older.get(code) ?? plain.formatModule(code);
  if (cache.recent.size >= maxTexts) {
    cache.older = cache.recent;
    cache.recent = new Map();
  }
  cache.recent.set(code, formatted);
  return formatted;
}

export const { hasSameCode } = plain;
