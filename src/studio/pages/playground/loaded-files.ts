/** The files that the user loads into the page: model files and data files that specs name, and specs. */
import { sizeText } from "../../../compiler/util/number-text.ts";
import type { PageFiles } from "../../browser/messages.ts";
import { element } from "../shared/element.ts";

export interface LoadedFiles {
  /** Opens the browser's dialog. */
  readonly button: HTMLElement;
  /** The names and sizes of the files, and why the last files could not be loaded. */
  readonly list: HTMLElement;
  /** Loads files that are dropped on an element. */
  acceptDrops(host: HTMLElement): void;
}

interface Listeners {
  /** Receives the text of a loaded spec. */
  onSpec(text: string): void;
  /** Receives all loaded files after a change. */
  onChange(files: PageFiles): void;
}

const isSpec = (name: string): boolean => /\.(json|ya?ml)$/i.test(name);

/** The page keeps several copies of a file: in the compiler's worker, and as decoded numbers. */
const maxBytes = 256e6;

/** A loaded file, or why it could not be loaded. */
type Loaded = { readonly name: string } & ({ readonly bytes: Uint8Array } | { readonly problem: string });

export function loadedFiles({ onSpec, onChange }: Listeners): LoadedFiles {
  const files = new Map<string, Uint8Array>();
  const rows = element("ul", { class: "loaded", "aria-label": "Loaded files", hidden: true });
  const problem = element("p", { class: "status wrong", role: "alert", hidden: true });
  const changed = () => {
    rows.replaceChildren(...[...files].map(([name, bytes]) => row(name, bytes.length, () => remove(name))));
    rows.hidden = files.size === 0;
    onChange(Object.fromEntries(files));
  };
  const remove = (name: string) => {
    files.delete(name);
    changed();
  };
  const load = async (chosen: readonly File[]) => {
    const loaded = await Promise.all(chosen.map(readFile));
    const problems = loaded.flatMap((each) => ("problem" in each ? [each.problem] : []));
    problem.textContent = problems.join("; ");
    problem.hidden = problems.length === 0;
    const read = loaded.flatMap((each) => ("bytes" in each ? [each] : []));
    for (const { bytes } of read.filter(({ name }) => isSpec(name)).slice(0, 1))
      onSpec(new TextDecoder().decode(bytes));
    const others = read.filter(({ name }) => !isSpec(name));
    for (const { name, bytes } of others) files.set(name, bytes);
    if (others.length > 0) changed();
  };
  return {
    button: fileButton((chosen) => void load(chosen)),
    list: element("div", {}, rows, problem),
    acceptDrops: (host) => acceptDrops(host, (chosen) => void load(chosen)),
  };
}

async function readFile(file: File): Promise<Loaded> {
  const { name, size } = file;
  if (size > maxBytes) {
    const limit = `the page loads files up to ${sizeText(maxBytes)}`;
    return {
      name,
      problem: `${name} has ${sizeText(size)}; ${limit}, and the command line has no such limit`,
    };
  }
  try {
    return { name, bytes: new Uint8Array(await file.arrayBuffer()) };
  } catch {
    // Browsers do not tell folders from files before they are read.
    return { name, problem: `${name} cannot be read; it may be a folder, or it may have changed on disk` };
  }
}

function row(name: string, size: number, onRemove: () => void): HTMLElement {
  const remove = element("button", { type: "button", "aria-label": `Remove ${name}` }, "×");
  remove.addEventListener("click", onRemove);
  return element(
    "li",
    {},
    element("span", { class: "name" }, name),
    element("span", { class: "size" }, sizeText(size)),
    remove,
  );
}

/** A button for the browser's own input, which cannot be styled. */
function fileButton(onChoose: (files: readonly File[]) => void): HTMLElement {
  const input = element("input", {
    type: "file",
    multiple: true,
    hidden: true,
    accept: ".onnx,.csv,.gz,.json,.yaml,.yml",
    "aria-label": "Files to load",
  });
  const button = element(
    "button",
    { type: "button", title: "Model files (.onnx), data files (.csv, .csv.gz) or a spec (.json, .yaml)" },
    "Load files",
  );
  button.addEventListener("click", () => input.click());
  input.addEventListener("change", () => {
    onChoose([...(input.files ?? [])]);
    // Otherwise a second choice of the same file would not be a change.
    input.value = "";
  });
  return element("span", {}, button, input);
}

function acceptDrops(host: HTMLElement, onDrop: (files: readonly File[]) => void): void {
  const show = (isDropping: boolean) => host.classList.toggle("dropping", isDropping);
  const hasFiles = ({ dataTransfer }: DragEvent) => dataTransfer?.types.includes("Files") ?? false;
  // The listeners capture, because the editor would insert the content of a file as text.
  const on = (type: "dragover" | "dragleave" | "drop", act: (event: DragEvent) => void) =>
    host.addEventListener(
      type,
      (event) => {
        if (!hasFiles(event)) return;
        event.preventDefault();
        event.stopPropagation();
        act(event);
      },
      { capture: true },
    );
  on("dragover", () => show(true));
  on("dragleave", ({ relatedTarget }) => show(relatedTarget !== null));
  on("drop", ({ dataTransfer }) => {
    show(false);
    onDrop([...(dataTransfer?.files ?? [])]);
  });
}
