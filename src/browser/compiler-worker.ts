/** The worker that compiles what the editor holds, and knows the schema. A newer text ends the work on an older one at its next part. */
import { explain } from "../inspect/explain.ts";
import { specSchema } from "../spec/json-schema.ts";
import type { SchemaNode } from "../spec/schema-node.ts";
import { compileText, diagnosticsOf, scriptOf, trainerScript } from "./compile-text.ts";
import type { Answer, CompileRequest, Question, ScriptRequest, SuggestRequest } from "./messages.ts";
import { describe, suggest } from "./suggest.ts";

/** As much of a worker's own scope as is used here. */
declare const self: {
  onmessage: ((event: { readonly data: Question }) => void) | null;
  postMessage(answer: Answer): void;
};
declare const performance: { now(): number };

const state: { newest: number; schema?: SchemaNode } = { newest: 0 };

self.onmessage = ({ data: question }) => {
  void answered(question).catch((error: unknown) =>
    self.postMessage({ kind: "faults", id: question.id, diagnostics: diagnosticsOf(error) }),
  );
};

async function answered(question: Question): Promise<void> {
  if (question.kind === "compile") return compiled(question);
  if (question.kind === "script") return scripted(question);
  self.postMessage(suggested(question));
}

async function scripted({ id, text }: ScriptRequest): Promise<void> {
  const { compilation } = await compileText(text);
  self.postMessage({ kind: "script", id, script: await scriptOf(compilation) });
}

function suggested({ kind, id, place }: SuggestRequest): Answer {
  const schema = (state.schema ??= specSchema());
  if (kind === "suggest") return { kind, id, suggestions: suggest(schema, place) };
  return { kind, id, words: describe(schema, place) };
}

/** Lets messages in; whether this request is still the newest. */
async function isWanted(id: number): Promise<boolean> {
  await new Promise<void>((resolve) => setTimeout(resolve));
  return id === state.newest;
}

async function compiled({ id, text, files }: CompileRequest): Promise<void> {
  state.newest = id;
  if (!(await isWanted(id))) return;
  const started = performance.now();
  const { read, compilation, reports, warnings } = await compileText(text);
  const trainer = await trainerScript(compilation, files);
  self.postMessage({ kind: "trainer", id, trainer, warnings, milliseconds: performance.now() - started });
  if (!(await isWanted(id))) return;
  const subject = { compilation, reports, of: undefined };
  const explanation = await explain(subject, { dtype: "f32", source: read.source });
  self.postMessage({ kind: "explanation", id, explanation });
}
