/** The page's interface to the compiler's worker. */
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import type { PausingTrainer } from "../../../runtime/trainer/pauses.ts";
import type {
  Reply,
  CompileReply,
  CompilerRequest,
  PageFiles,
  PartRequest,
  SavedTrainer,
} from "../../browser/messages.ts";
import type { LocationInSpec, Suggestion } from "../../editor/suggest.ts";
import { texts, workerOf } from "./texts.ts";

export interface Compiler {
  /** Replaces the files that specs can name. */
  setFiles(files: PageFiles): void;
  /** Compiles a text and passes the results to `onReply`, unless a newer text arrives first. */
  compile(text: string): void;
  /** Stops compiling the current text. */
  cancel(): void;
  /** Requests a part of the result of the last compiled text. Call it at most once for each text and part. */
  request(part: PartRequest["kind"]): void;
  /** Requests the numbers of a training row, counted from 1, for the last compiled text. */
  requestNumbers(row: number, saved: SavedTrainer): void;
  suggest(location: LocationInSpec): Promise<readonly Suggestion[]>;
  describe(location: LocationInSpec): Promise<Pick<Suggestion, "detail" | "about">>;
  /**
   * Returns the emitted module of a spec whose loss is this formula in x and y. If the spec has errors, they
   * are returned instead.
   */
  script(text: string, formula: string): Promise<string | readonly Diagnostic[]>;
}

interface CompilerEvents {
  onReply(reply: CompileReply): void;
  /** The worker died, and another one has taken its place. The text that it compiled has no result. */
  onDeath(message: string): void;
}

/** After this time in milliseconds, a newer text does not wait for the compilation of the older one. */
const patience = 2000;

/**
 * Compilation and queries about the schema use separate workers, so that completion does not wait for a large model. A
 * worker that dies, or that is stopped because its work takes too long, is replaced.
 */
export function startCompiler({ onReply, onDeath }: CompilerEvents): Compiler {
  const queries = queryWorker();
  const files: { contents: PageFiles; version: number } = { contents: {}, version: 0 };
  let newest = 0;
  let busySince: number | undefined;
  const start = (): Worker => {
    const worker = workerOf(texts().libraries, texts().compiler);
    worker.onmessage = ({ data: reply }: MessageEvent<CompileReply>) => {
      if (reply.id !== newest) return;
      busySince = undefined;
      onReply(reply);
    };
    worker.onerror = (event) => {
      // The browser would report the error as one of the page.
      event.preventDefault();
      restart();
      onDeath(event.message);
    };
    return worker;
  };
  let compiling = start();
  const tell = (request: CompilerRequest) => compiling.postMessage(request);
  const restart = () => {
    compiling.terminate();
    compiling = start();
    newest++;
    busySince = undefined;
    tell({ kind: "files", files: { ...files } });
  };
  return {
    setFiles(contents) {
      Object.assign(files, { contents, version: files.version + 1 });
      tell({ kind: "files", files: { ...files } });
    },
    compile(text) {
      const now = performance.now();
      if (busySince !== undefined && now - busySince > patience) restart();
      busySince ??= now;
      tell({ kind: "compile", id: ++newest, text });
    },
    cancel: restart,
    request: (kind) => tell({ kind, id: newest }),
    requestNumbers: (row, { checkpoint, parameters }) =>
      tell({ kind: "numbers", id: newest, row, checkpoint, parameters }),
    ...queries,
  };
}

/** The worker for completions, descriptions and scripts of formulas. It starts with the first request. */
function queryWorker(): Pick<Compiler, "suggest" | "describe" | "script"> {
  let worker: Worker | undefined;
  let requests = 0;
  const waiting = new Map<number, (reply: Reply) => void>();
  const start = (): Worker => {
    const made = workerOf(texts().libraries, texts().compiler);
    made.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
      waiting.get(reply.id)?.(reply);
      waiting.delete(reply.id);
    };
    made.onerror = (event) => {
      event.preventDefault();
      made.terminate();
      worker = undefined;
      const message = `the compiler stopped: ${event.message}`;
      for (const [id, answer] of waiting)
        answer({
          kind: "errors",
          id,
          diagnostics: [{ code: "internal", severity: "error", message, path: [] }],
        });
      waiting.clear();
    };
    return made;
  };
  const ask = (requestOf: (id: number) => CompilerRequest): Promise<Reply> => {
    worker ??= start();
    const id = ++requests;
    worker.postMessage(requestOf(id));
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    async suggest(location) {
      const reply = await ask((id) => ({ kind: "suggest", id, location }));
      return reply.kind === "suggest" ? reply.suggestions : [];
    },
    async describe(location) {
      const reply = await ask((id) => ({ kind: "describe", id, location }));
      return reply.kind === "describe" ? reply.description : { detail: "", about: "" };
    },
    async script(text, formula) {
      const reply = await ask((id) => ({ kind: "script", id, text, formula }));
      if (reply.kind === "errors") return reply.diagnostics;
      return reply.kind === "script" ? reply.script : [];
    },
  };
}

/**
 * An emitted module, imported in a worker. Only the compiler's output is imported, never text from the user.
 */
export interface EmittedModule {
  readonly model: ModelFacts;
  createTrainer(): PausingTrainer;
}

/** @param script the emitted module without its types */
export async function importEmitted(script: string): Promise<EmittedModule> {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const module: EmittedModule = await import(address);
  URL.revokeObjectURL(address);
  return module;
}
