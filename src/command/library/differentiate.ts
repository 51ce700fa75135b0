/** `differentiate` of the library: the derivatives of an ONNX model, as an ONNX model. */
import { differentiateModel } from "../../compiler/differentiate-onnx.ts";
import type { Derivative } from "../../compiler/differentiate-onnx.ts";
import { readModel } from "../../compiler/library/onnx/model-file.ts";
import { showValue } from "../../compiler/util/message-text.ts";
import { onModel, openModel } from "../onnx/model-diagnostics.ts";
import { checkOptions, optionError } from "./open-spec.ts";

export interface DifferentiateOptions {
  /**
   * What to differentiate: the name of an output, or a loss of specs, such as `cross-entropy`, which compares the
   * only output with a new input `target`. By default, the only output.
   */
  readonly loss?: string | undefined;
  /** Patterns of the names of inputs and parameters, in which `*` matches any text. By default, all that are real. */
  readonly of?: readonly string[] | undefined;
  /** The element type of the computation; `f32` by default. */
  readonly dtype?: "f32" | "f64" | undefined;
}

/**
 * Differentiates an ONNX model (bytes, or the path of its file). The result computes the differentiated value and one
 * vector-Jacobian product for each chosen input and parameter. An output with several elements needs a cotangent of
 * its shape, which is a new input; for a single number, the products are the gradient.
 *
 * @throws {DiagnosticError} T1010 for an invalid option or an unknown name, T1001 for a file that cannot be read, T3005
 * for a file that is not a valid model or has no derivative, T1901 for each node that is not supported
 */
export async function differentiate(
  model: Uint8Array | string,
  options: DifferentiateOptions = {},
): Promise<Derivative> {
  checkOptions(options, ["loss", "of", "dtype"]);
  const { loss, of, dtype = "f32" } = options;
  if (!["f32", "f64"].includes(dtype))
    throw optionError(`dtype must be "f32" or "f64", got ${showValue(dtype)}`);
  if (loss !== undefined && typeof loss !== "string")
    throw optionError(`loss must be a name, got ${showValue(loss)}`);
  if (of !== undefined && !isNames(of))
    throw optionError(`of must be a list of patterns, got ${showValue(of)}`);
  const name = typeof model === "string" ? model : "the model";
  const read =
    typeof model === "string" ? (await openModel(model)).model : onModel(name, () => readModel(model));
  return onModel(name, () => differentiateModel(read, { dtype, loss, ...(of && { of }) }));
}

const isNames = (value: unknown): boolean =>
  Array.isArray(value) && value.every((name) => typeof name === "string");
