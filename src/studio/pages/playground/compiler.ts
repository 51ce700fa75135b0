/** The page's interface to the compiler's worker. */
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { ModelFacts } from "../../../runtime/core/model-facts.ts";
import type { Trainer } from "../../../runtime/trainer/trainer.ts";
import type { Answer, CompileAnswer, Question } from "../../browser/messages.ts";
import type { PlaceInSpec, Suggestion } from "../../browser/suggest.ts";
import { texts, workerOf } from "./texts.ts";

export interface Compiler {
  /** Compiles a text and passes the results to `onAnswer`, unless a newer text arrives first. */
  compile(text: string, files: Readonly<Record<string, string>>): void;
  /** Requests the explanation of the last compiled text, once. */
  explain(): void;
  suggest(place: PlaceInSpec): Promise<readonly Suggestion[]>;
  describe(place: PlaceInSpec): Promise<Pick<Suggestion, "detail" | "about">>;
  /** The emitted module of this spec, whose loss is this formula in x and y; or its errors. */
  script(text: string, formula: string): Promise<string | readonly Diagnostic[]>;
}

/** Compiling and schema questions have separate workers, so that completion does not wait for a large model. */
export function startCompiler(onAnswer: (answer: CompileAnswer) => void): Compiler {
  const start = () => workerOf(texts().libraries, texts().compiler);
  const compiling = start();
  let asked: Worker | undefined;
  let newest = 0;
  let questions = 0;
  const waiting = new Map<number, (answer: Answer) => void>();
  compiling.onmessage = ({ data: answer }: MessageEvent<CompileAnswer>) => {
    if (answer.id === newest) onAnswer(answer);
  };
  const ask = (question: (id: number) => Question): Promise<Answer> => {
    asked ??= start();
    asked.onmessage = ({ data: answer }: MessageEvent<Answer>) => {
      waiting.get(answer.id)?.(answer);
      waiting.delete(answer.id);
    };
    const id = ++questions;
    asked.postMessage(question(id));
    return new Promise((resolve) => waiting.set(id, resolve));
  };
  return {
    compile: (text, files) => compiling.postMessage({ kind: "compile", id: ++newest, text, files }),
    explain: () => compiling.postMessage({ kind: "explain", id: newest }),
    async suggest(place) {
      const answer = await ask((id) => ({ kind: "suggest", id, place }));
      return answer.kind === "suggest" ? answer.suggestions : [];
    },
    async describe(place) {
      const answer = await ask((id) => ({ kind: "describe", id, place }));
      return answer.kind === "describe" ? answer.words : { detail: "", about: "" };
    },
    async script(text, formula) {
      const answer = await ask((id) => ({ kind: "script", id, text, formula }));
      if (answer.kind === "faults") return answer.diagnostics;
      return answer.kind === "script" ? answer.script : [];
    },
  };
}

/**
 * Module code from the compiler, imported in a worker. Only the compiler's output is imported, never text of
 * the user.
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
