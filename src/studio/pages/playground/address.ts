/**
 * Stores the state of the page in the fragment of its address, so a link to the page contains the state.
 * Browsers never send the fragment to a server.
 */
import { deflateSync, inflateSync, strFromU8, strToU8 } from "fflate";
import { showValue } from "../../../compiler/util/message-text.ts";
import { readDrawn, writeDrawn } from "./draw-points.ts";
import { exerciseWithId } from "./exercises.ts";
import type { PlanePoint } from "./planes.ts";
import { readPathsState } from "./paths/state.ts";
import type { PathsState } from "./paths/state.ts";
import { bytesOfBase64 } from "./texts.ts";

export interface PageState {
  readonly text: string;
  readonly tab: string;
  readonly view: string;
  /** The settings of the paths view, if it was opened. */
  readonly paths: PathsState | undefined;
  /** The id of the exercise, if one is open. */
  readonly exercise?: string | undefined;
  /** The points that the user has drawn. */
  readonly drawn: readonly PlanePoint[];
}

const version = "v1.";

/**
 * The maximum length of a fragment. Browsers and mail programs support links of this length, and a spec of
 * several hundred layers fits.
 */
const maxLength = 30_000;

/**
 * The maximum length of a decompressed fragment. A longer text is not a spec but a decompression attack, in
 * which a short fragment expands to fill the memory.
 */
const maxDecompressed = 2 ** 20;

/** Returns the fragment without its `#`, or undefined if it would be too long. */
export function fragmentOf(state: PageState): string | undefined {
  const drawn = state.drawn.length === 0 ? undefined : writeDrawn(state.drawn);
  const bytes = deflateSync(strToU8(JSON.stringify({ ...state, drawn })), { level: 9 });
  const text = version + base64Url(bytes);
  return text.length > maxLength ? undefined : text;
}

/** @throws Error with a message for the user, if the fragment is damaged or not from this page */
export function stateOf(fragment: string): PageState {
  const [, id] = /^exercise=(.*)$/s.exec(fragment) ?? [];
  return id === undefined ? stateInFragment(fragment) : stateOfExercise(id);
}

/** The state in which an exercise begins. Other pages link to exercises by `#exercise=ID`. */
export function stateOfExercise(id: string): PageState {
  const exercise = exerciseWithId(id);
  if (exercise === undefined) throw new Error(`there is no exercise ${showValue(id)}`);
  return { text: exercise.spec, tab: "Train", view: "Model", paths: undefined, exercise: id, drawn: [] };
}

function stateInFragment(fragment: string): PageState {
  if (!fragment.startsWith(version)) throw new Error("this link is not from this version of the playground");
  const state: unknown = JSON.parse(unfolded(fragment.slice(version.length)));
  if (typeof state !== "object" || state === null) throw new Error("the link is damaged; copy it again");
  const member = (key: string): unknown => Object.getOwnPropertyDescriptor(state, key)?.value;
  const [text, tab, view] = ["text", "tab", "view"].map((key) => {
    const value = member(key);
    if (typeof value === "string") return value;
    throw new Error("the link is damaged; copy it again");
  });
  const [paths, exercise, drawn] = ["paths", "exercise", "drawn"].map(member);
  return {
    text,
    tab,
    view,
    paths: paths === undefined ? undefined : readPathsState(paths),
    exercise: typeof exercise === "string" ? exercise : undefined,
    drawn: drawn === undefined ? [] : readDrawn(drawn),
  };
}

function unfolded(text: string): string {
  try {
    return strFromU8(inflateSync(bytesOf(text), { out: new Uint8Array(maxDecompressed) }));
  } catch {
    throw new Error("the link is damaged; perhaps its end is missing");
  }
}

const base64Url = (bytes: Uint8Array): string =>
  btoa(strFromU8(bytes, true)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");

const bytesOf = (text: string): Uint8Array => bytesOfBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
