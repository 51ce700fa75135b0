/**
 * The emitted trainers of the selected optimizers. Each spec is compiled only once for all starts: the start
 * is not compiled in, but set in the trainer.
 */
import type { Diagnostic } from "../../../../compiler/diagnostics/diagnostic.ts";
import type { Compiler } from "../compiler.ts";
import { optimizers } from "./state.ts";
import type { Optimizer, PathsState } from "./state.ts";
import { specOfPath } from "./spec-of-path.ts";

export interface Scripts {
  /** The emitted modules, by the optimizer's name. */
  readonly scripts: Readonly<Record<string, string>>;
  /**
   * The errors of the first spec that does not compile. The other specs have the same loss, so they would
   * have the same errors.
   */
  readonly errors: readonly Diagnostic[];
}

/** The optimizer whose trainer computes the loss on the grid. It is compiled even if it is not selected. */
export const gridOptimizer = optimizers[0];

export function scriptsFrom(compiler: Pick<Compiler, "script">): (state: PathsState) => Promise<Scripts> {
  const compiled = new Map<string, Promise<string | readonly Diagnostic[]>>();
  const scriptOf = ({ formula, rates }: PathsState, optimizer: Optimizer) => {
    const rate = rates[optimizer.name];
    const text = specOfPath({ formula, rate, optimizer, start: [0, 0], steps: 1 });
    const script = compiled.get(text) ?? compiler.script(text, formula);
    compiled.set(text, script);
    return script;
  };
  return async (state) => {
    const wanted = optimizers.filter(({ name }) => name === gridOptimizer.name || state.on.includes(name));
    const found = await Promise.all(
      wanted.map(async (optimizer) => [optimizer.name, await scriptOf(state, optimizer)] as const),
    );
    const scripts: Record<string, string> = {};
    for (const [name, script] of found) {
      if (typeof script !== "string") return { scripts: {}, errors: script };
      scripts[name] = script;
    }
    return { scripts, errors: [] };
  };
}
