/** The worker that compiles what the editor holds. A newer text ends the work on an older one at its next part. */
import { emitTypeScript } from "../pipeline.ts";
import { compileText, diagnosticsOf, trainerScript } from "./compile-text.ts";
import type { CompileAnswer, CompileRequest } from "./messages.ts";

/** As much of a worker's own scope as is used here. */
declare const self: {
  onmessage: ((event: { readonly data: CompileRequest }) => void) | null;
  postMessage(answer: CompileAnswer): void;
};
declare const performance: { now(): number };

const state = { newest: 0 };

self.onmessage = ({ data: request }) => {
  state.newest = request.id;
  void answer(request).catch((error: unknown) =>
    self.postMessage({ kind: "faults", id: request.id, diagnostics: diagnosticsOf(error) }),
  );
};

/** Lets messages in; whether this request is still the newest. */
async function isWanted(id: number): Promise<boolean> {
  await new Promise<void>((resolve) => setTimeout(resolve));
  return id === state.newest;
}

async function answer({ id, text, files }: CompileRequest): Promise<void> {
  if (!(await isWanted(id))) return;
  const started = performance.now();
  const { compilation, warnings } = await compileText(text);
  const trainer = await trainerScript(compilation, files);
  self.postMessage({ kind: "trainer", id, trainer, warnings, milliseconds: performance.now() - started });
  if (!(await isWanted(id))) return;
  self.postMessage({ kind: "code", id, code: await emitTypeScript(compilation, "f32") });
}
