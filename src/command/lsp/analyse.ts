/**
 * The analysis of a spec as it is typed: the diagnostics that `tapeless compile` prints for the same text, and the
 * graphs of a spec without errors. Nothing is differentiated or lowered, so it takes milliseconds.
 */
import type { SyntaxNode } from "@lezer/common";
import { parser as jsonParser } from "@lezer/json";
import { parser as yamlParser } from "@lezer/yaml";
import type { Diagnostic } from "../../compiler/diagnostics/diagnostic.ts";
import { DiagnosticError, Unsupported } from "../../compiler/diagnostics/errors.ts";
import type { ReadContent } from "../../compiler/spec/model-files.ts";
import { buildGraphs } from "../../compiler/spec/build.ts";
import type { ModelGraphs } from "../../compiler/spec/build.ts";
import { readSpecText } from "../../compiler/spec/read/read-spec.ts";
import { located } from "../../compiler/spec/read/spec-source.ts";
import type { ReadSpec } from "../../compiler/spec/read/spec-source.ts";
import type { Located } from "../../compiler/spec/read/locations.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { lineIndex } from "../../compiler/util/line-index.ts";
import type { LineIndex } from "../../compiler/util/line-index.ts";
import { errorText } from "../../compiler/util/message-text.ts";
import { isJsonText, outlineOf } from "../../studio/editor/outline.ts";
import type { Outline } from "../../studio/editor/outline.ts";
import { writtenNetwork } from "../../compiler/spec/written-network.ts";
import type { WrittenList } from "../../compiler/spec/written-network.ts";
import { collector } from "../../compiler/diagnostics/errors.ts";

/** A text, and what can be read from it even if it has errors. */
export interface SpecText {
  readonly text: string;
  readonly index: LineIndex;
  readonly outline: Outline;
  /** The locations of all values that the text has. */
  readonly located: Located;
  /** The layers as they are written; empty if the network cannot be traversed. */
  readonly network: WrittenList;
}

/** A model with its graphs, for the element type f32. */
export interface BuiltModel {
  readonly model: Model;
  readonly graphs: ModelGraphs;
}

export interface Analysis {
  /** Errors before warnings, each with its location. */
  readonly diagnostics: readonly Diagnostic[];
  /** The number of errors that `diagnostics` omits. */
  readonly omitted: number;
  /** Undefined if the spec has errors. */
  readonly built: BuiltModel | undefined;
}

export interface AnalysisRequest {
  /** The path of the file, for messages. */
  readonly file: string;
  readonly text: string;
  readonly format: "json" | "yaml";
  /** Reads the model files that the spec names. */
  readonly read: ReadContent;
}

/** Never throws: an internal error of the compiler is a diagnostic, too. */
export const analyse = ({ file, text, format, read }: AnalysisRequest): Promise<Analysis> =>
  analysisOf(file, () => readSpecText(file, text, { format, read }));

/** The analysis of a spec that `open` reads. */
export async function analysisOf(file: string, open: () => Promise<ReadSpec>): Promise<Analysis> {
  try {
    const { model, warnings, source } = await open();
    const graphs = await located(source, () => buildGraphs(model, "f32"));
    const diagnostics = [...warnings, ...(await source.locate(graphs.warnings))];
    return { diagnostics, omitted: 0, built: { model, graphs } };
  } catch (error) {
    if (error instanceof DiagnosticError)
      return { diagnostics: error.diagnostics, omitted: error.omitted, built: undefined };
    return { diagnostics: [unexpected(file, error)], omitted: 0, built: undefined };
  }
}

function unexpected(file: string, error: unknown): Diagnostic {
  const isKnown = error instanceof Unsupported;
  const message = isKnown
    ? error.message
    : `${errorText(error)}. This is a bug in tapeless. Please report it`;
  return { code: isKnown ? "T1901" : "internal", severity: "error", message, location: { file } };
}

/** Parses the text without requiring that it is valid. */
export function specText(text: string): SpecText {
  const outline = outlineOf(syntaxOf(text), (from, to) => text.slice(from, to));
  return {
    text,
    index: lineIndex(text),
    outline,
    located: outline.locate(),
    network: writtenNetwork(outline.spec, collector()) ?? [],
  };
}

/** The syntax tree of any text. */
export const syntaxOf = (text: string): SyntaxNode =>
  (isJsonText(text) ? jsonParser : yamlParser).parse(text).topNode;
