/** The page's interface to the compiler's worker. */
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import type { Trainer } from "../../../runtime/trainer/trainer.ts";
import type { Reply, CompileReply, CompilerRequest, PageFiles } from "../../browser/messages.ts";
import type { LocationInSpec, Suggestion } from "../../editor/suggest.ts";
import { texts, workerOf } from "./texts.ts";

export interface Compiler {
  /** Replaces the files that specs can name. */
  setFiles(files: PageFiles): void;
  /** Compiles a text and passes the results to `onReply`, unless a newer text arrives first. */
  compile(text: string): void;
  /** Requests the explanation of the last compiled text. Each text is explained at most once. */
  explain(): void;
  suggest(location: LocationInSpec): Promise<readonly Suggestion[]>;
  describe(location: LocationInSpec): Promise<Pick<Suggestion, "detail" | "about">>;
  /**
   * Returns the emitted module of a spec whose loss is this formula in x and y. If the spec has errors, they
   * are returned instead.
   */
  script(text: string, formula: string): Promise<string | readonly Diagnostic[]>;
}

/**
 * Compilation and schema questions use separate workers, so that completion does not wait for a large model.
 */
export function startCompiler(onReply: (reply: CompileReply) => void): Compiler {
  const start = () => workerOf(texts().libraries, texts().compiler);
  const compiling = start();
  let asked: Worker | undefined;
  const tell = (request: CompilerRequest) => compiling.postMessage(request);
  let newest = 0;
  let versions = 0;
  let requests = 0;
  const waiting = new Map<number, (reply: Reply) => void>();
  compiling.onmessage = ({ data: reply }: MessageEvent<CompileReply>) => {
    if (reply.id === newest) onReply(reply);
  };
  const ask = (requestOf: (id: number) => CompilerRequest): Promise<Reply> => {
    asked ??= start();
    asked.onmessage = ({ data: reply }: MessageEvent<Reply>) => {
      waiting.get(reply.id)?.(reply);
      waiting.delete(reply.id);
    };
    const id = ++requests;
    asked.postMessage(requestOf(id));
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    setFiles: (contents) => tell({ kind: "files", files: { contents, version: ++versions } }),
    compile: (text) => tell({ kind: "compile", id: ++newest, text }),
    explain: () => tell({ kind: "explain", id: newest }),
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
  createTrainer(): Trainer;
}

/** @param script the emitted module without its types */
export async function importEmitted(script: string): Promise<EmittedModule> {
  const address = URL.createObjectURL(new Blob([script], { type: "text/javascript" }));
  const module: EmittedModule = await import(address);
  URL.revokeObjectURL(address);
  return module;
}
