/**
 * The documents that the editor has open, and their analyses. An analysis starts shortly after the last change, is
 * shared by all requests for the same version, and is dropped when a newer version arrives.
 */
import type { TextDocument } from "vscode-languageserver-textdocument";
import { analyse, specText } from "./analyse.ts";
import type { Analysis, SpecText } from "./analyse.ts";
import { background } from "./background.ts";
import type { Background } from "./background.ts";
import { endedDiagnostic } from "../compile/compile-spec.ts";
import { columnsOf } from "./data-columns.ts";
import { fileAccess } from "./file-access.ts";
import { layerFacts } from "./layer-facts.ts";
import type { LayerFacts } from "./layer-facts.ts";
import { pathOf, specFormat } from "./spec-documents.ts";
import type { SpecFormat } from "./spec-documents.ts";

/** What the user of the editor sets. */
export interface Settings {
  /** The folders of the workspace, as paths. */
  readonly folders: readonly string[];
  /** Patterns of further files that are specs. */
  readonly specs: readonly string[];
  /** Whether saved specs in TypeScript may run. */
  readonly trusted: boolean;
}

/** Milliseconds between a change and its analysis. Changes that arrive together are analysed together. */
const settling = 1;

/** One version of a document. */
export interface SpecVersion {
  readonly uri: string;
  readonly version: number;
  /** The path of the document; undefined if it is not a local file. */
  readonly path: string | undefined;
  readonly format: SpecFormat;
  readonly text: string;
}

interface Entry {
  readonly of: SpecVersion;
  readonly parsed: () => SpecText;
  readonly analysis: () => Promise<Analysis>;
  readonly flops: () => Promise<readonly number[] | undefined>;
}

export type Publish = (of: SpecVersion, analysis: Pick<Analysis, "diagnostics" | "omitted">) => void;

export interface SpecWorkspace {
  /** Analyses a new version of a document. A document that is not a spec is ignored. */
  changed(document: TextDocument): void;
  saved(document: TextDocument): void;
  closed(uri: string): void;
  /** The text of a spec in JSON or YAML; undefined for any other document. */
  textOf(uri: string): SpecText | undefined;
  versionOf(uri: string): SpecVersion | undefined;
  analysisOf(uri: string): Promise<Analysis | undefined>;
  /** The facts about the layers, with their FLOPs; undefined if the document changes before they are counted. */
  factsOf(uri: string): Promise<readonly LayerFacts[] | undefined>;
  /** The columns of a data file that a spec names. */
  columnsOf(uri: string, file: string): Promise<readonly string[]>;
  close(): Promise<void>;
}

export function specWorkspace({ folders, specs, trusted }: Settings, publish: Publish): SpecWorkspace {
  const entries = new Map<string, Entry>();
  const timers = new Map<string, NodeJS.Timeout>();
  const thread = background();
  const isCurrent = ({ uri, version }: SpecVersion): boolean => entries.get(uri)?.of.version === version;

  const report = async (entry: Entry): Promise<void> => {
    const analysis = await entry.analysis();
    if (isCurrent(entry.of)) publish(entry.of, analysis);
  };

  const versionIn = (document: TextDocument): SpecVersion | undefined => {
    const { uri, languageId, version } = document;
    const text = document.getText();
    const format = specFormat({ uri, languageId, text }, specs);
    return format && { uri, version, path: pathOf(uri), format, text };
  };

  const forget = (uri: string): void => {
    clearTimeout(timers.get(uri));
    timers.delete(uri);
    entries.delete(uri);
  };

  return {
    changed(document) {
      const { uri } = document;
      const of = versionIn(document);
      const before = entries.get(uri)?.of;
      forget(uri);
      // A document that is no longer a spec loses its diagnostics.
      if (of === undefined && before !== undefined) publish(before, { diagnostics: [], omitted: 0 });
      if (of === undefined) return;
      const entry = entryOf(of, { folders, thread, isCurrent });
      entries.set(uri, entry);
      if (of.format !== "typescript")
        timers.set(
          uri,
          setTimeout(() => void report(entry), settling),
        );
    },
    saved({ uri }) {
      const of = entries.get(uri)?.of;
      // Specs in TypeScript are programs. Only saved ones run, and only with the consent of the user.
      if (of?.format !== "typescript" || of.path === undefined || !trusted) return;
      const file = of.path;
      void thread
        .request({ kind: "run", file }, () => isCurrent(of))
        .then((outcome) => {
          if (outcome === undefined || !isCurrent(of)) return;
          const ended = { diagnostics: [endedDiagnostic(file)], omitted: 0 };
          publish(of, typeof outcome === "string" ? ended : outcome);
        });
    },
    closed(uri) {
      const before = entries.get(uri)?.of;
      forget(uri);
      if (before !== undefined) publish(before, { diagnostics: [], omitted: 0 });
    },
    textOf(uri) {
      const entry = entries.get(uri);
      return entry === undefined || entry.of.format === "typescript" ? undefined : entry.parsed();
    },
    versionOf: (uri) => entries.get(uri)?.of,
    analysisOf: async (uri) => entries.get(uri)?.analysis(),
    async factsOf(uri) {
      const entry = entries.get(uri);
      const built = (await entry?.analysis())?.built;
      if (entry === undefined || built === undefined) return [];
      const flops = await entry.flops();
      return flops && isCurrent(entry.of) ? layerFacts(built, flops) : undefined;
    },
    async columnsOf(uri, file) {
      const of = entries.get(uri)?.of;
      return of === undefined ? [] : columnsOf(file, fileAccess(of.path, folders));
    },
    async close() {
      for (const uri of [...entries.keys()]) forget(uri);
      await thread.close();
    },
  };
}

/** What the analyses of all documents share. */
interface Shared {
  readonly folders: readonly string[];
  readonly thread: Background;
  readonly isCurrent: (of: SpecVersion) => boolean;
}

function entryOf(of: SpecVersion, { folders, thread, isCurrent }: Shared): Entry {
  const { path, text, format } = of;
  const file = path ?? of.uri;
  const { read } = fileAccess(path, folders);
  const analysis = once(async (): Promise<Analysis> =>
    format === "typescript"
      ? { diagnostics: [], omitted: 0, built: undefined }
      : analyse({ file, text, format, read }),
  );
  const flops = once(async (): Promise<readonly number[] | undefined> => {
    if (format === "typescript" || (await analysis()).built === undefined) return [];
    // A version that is already replaced is not counted. Later requests of the same version share the count.
    const request = { kind: "costs" as const, file, text, format, folders: [...folders] };
    const outcome = await thread.request(request, () => isCurrent(of));
    return typeof outcome === "string" ? [] : outcome?.flops;
  });
  return { of, parsed: once(() => specText(text)), analysis, flops };
}

/** The result of the first call, also for later calls. */
function once<T>(work: () => T): () => T {
  let result: { readonly value: T } | undefined;
  return () => (result ??= { value: work() }).value;
}
