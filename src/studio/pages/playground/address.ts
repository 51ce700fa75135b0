/**
 * The state of the page in the fragment of its address, so that a link shares it; nothing of a fragment is
 * ever sent to a server.
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import { readPathsState } from "./paths/state.ts";
import type { PathsState } from "./paths/state.ts";

export interface PageState {
  readonly text: string;
  readonly tab: string;
  readonly view: string;
  /** What is set in the view of paths, if it was opened. */
  readonly paths: PathsState | undefined;
}

const version = "v1.";

/** What browsers and mail programs carry; a spec of some hundred layers fits. */
const longest = 30_000;

/** The largest text that a fragment may unfold to: more is no spec, but an attack. */
const largest = 2 ** 20;

/** The fragment, without its `#`; undefined where it would be too long. */
export function fragmentOf(state: PageState): string | undefined {
  const bytes = deflateSync(strToU8(JSON.stringify(state)), { level: 9 });
  const text = version + base64Url(bytes);
  return text.length > longest ? undefined : text;
}

/** @throws Error, in words for people, if it is none of ours or broken */
export function stateOf(fragment: string): PageState {
  if (!fragment.startsWith(version)) throw new Error("the link is not one of this playground");
  const state: unknown = JSON.parse(unfolded(fragment.slice(version.length)));
  if (typeof state !== "object" || state === null) throw new Error("the link is broken");
  const member = (key: string): unknown => Object.getOwnPropertyDescriptor(state, key)?.value;
  const [text, tab, view] = ["text", "tab", "view"].map((key) => {
    const value = member(key);
    if (typeof value === "string") return value;
    throw new Error("the link is broken");
  });
  const paths = member("paths");
  return { text, tab, view, paths: paths === undefined ? undefined : readPathsState(paths) };
}

function unfolded(text: string): string {
  try {
    return strFromU8(inflateSync(bytesOf(text), { out: new Uint8Array(largest) }));
  } catch {
    throw new Error("the link is broken: perhaps its end is missing");
  }
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(strFromU8(bytes, true)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const bytesOf = (text: string): Uint8Array =>
  strToU8(atob(text.replaceAll("-", "+").replaceAll("_", "/")), true);
