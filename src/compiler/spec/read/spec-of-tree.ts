// From a text that was read to a model: reports what is wrong with the text, hands the value to the parser,
// and gives every diagnostic its place. Needs no file and no host, so it runs wherever the compiler does.
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { parseSpec } from "../parse-model.ts";
import type { Search } from "../search-schema.ts";
import type { Model } from "../types.ts";
import type { Placed, ReadTree } from "./placed.ts";
import { located, specSource, textError, type SpecSource } from "./spec-source.ts";

/** What reading a spec gives; `source` locates the diagnostics of later stages. */
export interface ReadSpec {
  readonly model: Model;
  readonly warnings: readonly Diagnostic[];
  readonly source: SpecSource;
  /** The spec as it was written, and its search. */
  readonly value: unknown;
  readonly search?: Search | undefined;
}

/**
 * The model of a text that a reader made this tree of; `placesOf` is asked only when there is something to locate.
 * @throws DiagnosticError with everything that is wrong, each with its file and, where there is one, line,
 * column and code frame.
 */
export async function specOfTree(
  file: string,
  text: string,
  tree: ReadTree,
  placesOf: () => Promise<Placed | undefined> = async () => tree.placed,
): Promise<ReadSpec> {
  if (tree.faults.length > 0) throw textError(file, text, tree.faults);
  const source = specSource(file, text, placesOf);
  const { model, warnings, search } = await located(source, () => parseSpec(tree.value));
  return { model, warnings: await source.locate(warnings), source, value: tree.value, search };
}
