/**
 * Chooses the spec of an imported ONNX file: the first of several that computes what the file computes. So a wrong
 * pattern never leads to a wrong spec.
 */
import { basename, extname } from "node:path";
import { DiagnosticError } from "../../compiler/diagnostics/errors.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { differenceFrom } from "./compare-spec.ts";
import { modelError } from "./model-diagnostics.ts";
import { NotRecognised } from "./recognition.ts";
import type { Recognition } from "./recognise.ts";
import type { SourceGraph } from "./source-graph.ts";
import { specOf } from "./spec-of.ts";
import type { RecognisedSpec } from "./spec-of.ts";

/** A spec that computes what the file computes. */
export interface ChosenSpec<T> {
  readonly recognition: Recognition;
  readonly recognised: RecognisedSpec;
  /** What `compile` has made of it. */
  readonly compiled: T;
  /** How the candidates before it differ from the file, such as `the output "y" differs by 0.1`. */
  readonly differences: readonly string[];
}

/**
 * The first of the candidates whose layers compute what the file computes.
 * @param compile compiles a spec, which checks sizes and layers before the interpreter computes anything
 * @throws DiagnosticError if there is none: the errors in the first spec that has any, or T3008
 */
export function chooseSpec<T extends { readonly model: Model }>(
  file: string,
  source: SourceGraph,
  candidates: readonly Recognition[],
  compile: (recognised: RecognisedSpec) => T,
): ChosenSpec<T> {
  const differences: string[] = [];
  const errors: DiagnosticError[] = [];
  for (const recognition of candidates) {
    const made = orError(file, () => {
      const recognised = specOf(basename(file, extname(file)), source, recognition);
      return { recognition, recognised, compiled: compile(recognised) };
    });
    if (made instanceof DiagnosticError) {
      errors.push(made);
      differences.push(`they are not a valid spec: ${made.diagnostics[0].message}`);
      continue;
    }
    const difference = differenceFrom(source, made.compiled.model, made.recognised);
    if (difference === undefined) return { ...made, differences };
    differences.push(difference);
  }
  throw errors[0] ?? notTheSame(file, differences);
}

function orError<T>(file: string, work: () => T): T | DiagnosticError {
  try {
    return work();
  } catch (error) {
    if (error instanceof NotRecognised) return modelError(file, "T3008", error.message);
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
}

const notTheSame = (file: string, differences: readonly string[]): DiagnosticError =>
  new DiagnosticError([
    {
      code: "T3008",
      severity: "error",
      message: "no layers compute what the file computes, which is a bug in tapeless",
      location: { file },
      notes: [...new Set(differences)],
    },
  ]);
