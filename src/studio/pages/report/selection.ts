/**
 * The state of the page: the view and the selection, which all parts of the page share. It is stored in the
 * fragment of the address, such as `#kernels/node/gradient%2Fd_dense1`. A link can therefore lead to a node,
 * and the Back button works.
 */

export const viewNames = [
  "graph",
  "gradients",
  "passes",
  "kernels",
  "memory",
  "layers",
  "code",
  "schedule",
] as const;
export type ViewName = (typeof viewNames)[number];

export const pickKinds = ["node", "kernel", "layer", "parameter", "buffer", "rule", "pass", "line"] as const;

export interface Pick {
  readonly kind: (typeof pickKinds)[number];
  /** The id, name or number of the selected item. */
  readonly key: string;
}

export interface State {
  readonly view: ViewName;
  readonly pick: Pick | undefined;
}

export interface Selection {
  state(): State;
  /** Returns the address of the current state with this change. */
  href(change: Partial<State>): string;
  go(change: Partial<State>): void;
  onChange(listener: (state: State) => void): void;
}

/** `first` is the state if the address contains none. */
export function selectionOf(first: State): Selection {
  const listeners: ((state: State) => void)[] = [];
  const state = () => stateOf(location.hash) ?? first;
  const href = (change: Partial<State>) => format({ ...state(), ...change });
  addEventListener("hashchange", () => {
    for (const listener of listeners) listener(state());
  });
  return {
    state,
    href,
    go: (change) => void (location.hash = href(change)),
    onChange: (listener) => void listeners.push(listener),
  };
}

export const samePick = (a: Pick | undefined, b: Pick | undefined): boolean =>
  a?.kind === b?.kind && a?.key === b?.key;

const format = ({ view, pick }: State): string =>
  pick === undefined ? `#${view}` : `#${view}/${pick.kind}/${encodeURIComponent(pick.key)}`;

/** The state in the fragment of an address; undefined if it is invalid. */
export function stateOf(fragment: string): State | undefined {
  const [viewText, kindText, ...rest] = fragment.slice(1).split("/");
  const view = viewNames.find((name) => name === viewText);
  const kind = pickKinds.find((name) => name === kindText);
  if (view === undefined) return undefined;
  const key = decoded(rest.join("/"));
  return { view, pick: kind === undefined || key === undefined ? undefined : { kind, key } };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
