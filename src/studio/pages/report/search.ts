/** The search field: finds nodes, parameters, layers, kernels, rules and buffers by a part of their names. */
import { didYouMean } from "../../../compiler/util/message-text.ts";
import { element } from "../shared/element.ts";
import type { Context, State } from "./context.ts";
import { keyOfBuffer, type ReportIndex } from "./report-index.ts";

interface Entry {
  readonly name: string;
  readonly kind: string;
  readonly detail: string;
  readonly to: Partial<State>;
}

const maxShown = 40;

export function searchField({ index, selection }: Context): { element: HTMLElement; focus(): void } {
  const entries = entriesOf(index);
  const input = element("input", {
    type: "search",
    placeholder: "Search  ( / )",
    role: "combobox",
    "aria-label": "Search nodes, parameters, layers, kernels, rules, buffers",
    "aria-expanded": "false",
    "aria-controls": "found",
    "aria-autocomplete": "list",
    autocomplete: "off",
    spellcheck: "false",
  });
  const list = element("ul", { id: "found", role: "listbox", hidden: true, "aria-label": "Results" });
  let found: readonly Entry[] = [];
  let chosen = 0;

  const choose = (place: number) => {
    chosen = Math.max(0, Math.min(found.length - 1, place));
    for (const [i, item] of [...list.children].entries()) {
      item.setAttribute("aria-selected", String(i === chosen));
      if (i === chosen) item.scrollIntoView({ block: "nearest" });
    }
    input.setAttribute("aria-activedescendant", found.length > 0 ? `found-${chosen}` : "");
  };
  const close = () => {
    list.hidden = true;
    input.setAttribute("aria-expanded", "false");
  };
  const take = (entry: Entry | undefined) => {
    if (entry === undefined) return;
    close();
    input.blur();
    selection.go(entry.to);
  };
  const show = () => {
    const text = input.value.trim();
    found = matches(entries, text);
    const isUnknown = found.length === 0 && text !== "";
    if (isUnknown) found = nearest(entries, text);
    list.replaceChildren(...found.map((entry, i) => itemOf(entry, i, () => take(entry))));
    if (isUnknown) {
      const hint = found.length === 0 ? "" : "; closest matches are shown";
      list.append(element("li", { class: "none" }, `No match${hint}`));
    }
    list.hidden = text === "";
    input.setAttribute("aria-expanded", String(!list.hidden));
    choose(0);
  };
  input.addEventListener("input", show);
  input.addEventListener("focus", show);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown") choose(chosen + 1);
    else if (event.key === "ArrowUp") choose(chosen - 1);
    else if (event.key === "Enter") take(found[chosen]);
    else if (event.key === "Escape") input.blur();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  const focus = () => {
    input.focus();
    input.select();
  };
  return { element: element("div", { class: "search", role: "search" }, input, list), focus };
}

function itemOf({ name, kind, detail }: Entry, place: number, take: () => void): HTMLElement {
  const item = element(
    "li",
    { role: "option", id: `found-${place}` },
    element("span", { class: "kind" }, kind),
    element("code", {}, name),
    element("span", { class: "quiet" }, detail),
  );
  // Clicking a result would first take the focus from the field, which closes the list. `mousedown` happens
  // before that.
  item.addEventListener("mousedown", (event) => {
    event.preventDefault();
    take();
  });
  return item;
}

function entriesOf({ explanation, rules, buffers }: ReportIndex): readonly Entry[] {
  const { nodes, layers, kernels } = explanation;
  return [
    ...layers
      .map(({ name, type, output, parameters }): Entry[] => [
        { name, kind: "layer", detail: `${type} ${output}`, to: { pick: { kind: "layer", key: name } } },
        ...parameters.map((parameter) => ({
          name: parameter.name,
          kind: "parameter",
          detail: `[${parameter.shape.join(", ")}]`,
          to: { pick: { kind: "parameter", key: parameter.name } } as const,
        })),
      ])
      .flat(),
    ...[...rules.values()].map((rule) => ({
      name: rule.name,
      kind: "rule",
      detail: `applied ${rule.nodes.length} times`,
      to: { pick: { kind: "rule", key: rule.name } } as const,
    })),
    ...nodes.map((node) => ({
      name: node.name,
      kind: "node",
      detail: `${node.program} · ${node.op} ${node.type}`,
      to: { pick: { kind: "node", key: node.id } } as const,
    })),
    ...kernels.map((kernel) => ({
      name: kernel.name,
      kind: "kernel",
      detail: `${kernel.program}, call ${kernel.call}`,
      to: { view: "kernels", pick: { kind: "kernel", key: String(kernel.index) } } as const,
    })),
    ...[...buffers.values()].map((buffer) => ({
      name: buffer.name,
      kind: "buffer",
      detail: `${buffer.life?.program ?? buffer.region} · ${buffer.type}`,
      to: { view: "memory", pick: { kind: "buffer", key: keyOfBuffer(buffer) } } as const,
    })),
  ];
}

/** Returns exact matches first, then prefixes, then substrings, each in the original order. */
function matches(entries: readonly Entry[], text: string): readonly Entry[] {
  if (text === "") return [];
  const wanted = text.toLowerCase();
  const ranks: readonly ((name: string) => boolean)[] = [
    (name) => name === wanted,
    (name) => name.startsWith(wanted),
    (name) => name.includes(wanted),
  ];
  const found = ranks.map((): Entry[] => []);
  for (const entry of entries) {
    const rank = ranks.findIndex((holds) => holds(entry.name.toLowerCase()));
    if (rank >= 0) found[rank].push(entry);
  }
  return found.flat().slice(0, maxShown);
}

/** Returns all entries that have the most similar name. */
function nearest(entries: readonly Entry[], text: string): readonly Entry[] {
  const meant = didYouMean(text, new Set(entries.map(({ name }) => name)));
  return entries.filter(({ name }) => name === meant);
}
