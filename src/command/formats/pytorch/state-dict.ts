/**
 * The tensors of a file as parameters of a model. The file has the parameters of the model themselves, as
 * `tapeless export` writes them, or it is a `state_dict` of PyTorch: of the emitted PyTorch file, or of any model.
 */
import type { Diagnostic } from "../../../compiler/diagnostics/diagnostic.ts";
import type { Model } from "../../../compiler/spec/types.ts";
import { showNames } from "../../../compiler/util/message-text.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { mismatch } from "../parameters/parameters.ts";
import { tensorErrors } from "../parameters/tensors.ts";
import type { LayoutName, ReadTensors, StoredTensor } from "../parameters/tensors.ts";
import { deriveMap } from "./derive-map.ts";
import { emittedLayout, emittedMap } from "./emitted-state-dict.ts";
import type { Derived } from "./derive-map.ts";
import { mapText } from "./map-file.ts";
import { applyMap } from "./parameter-map.ts";
import type { ParameterMap } from "./parameter-map.ts";

export interface Resolving {
  readonly file: string;
  /** By default, it is detected. */
  readonly layout?: LayoutName | undefined;
  /** By default, it is derived. */
  readonly map?: ParameterMap | undefined;
}

export interface Resolved {
  /** The parameters of the model, if everything fits. */
  readonly tensors?: readonly StoredTensor[];
  /** The map as YAML, unless the file has the parameters of the model themselves. */
  readonly map?: string;
  /** One error with everything that does not fit, and warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

type Parameters = ModelFacts["parameters"];

export function resolveTensors(
  model: Model,
  parameters: Parameters,
  { tensors, facts }: ReadTensors,
  { file, layout, map }: Resolving,
): Resolved {
  if (facts?.tapeless !== undefined) return { diagnostics: [wholeCheckpoint(file)] };
  if (map !== undefined) return applied(model, parameters, tensors, map, { file, text: undefined });
  if (layout === "emitted" || (layout === undefined && facts?.layout === emittedLayout))
    return applied(model, parameters, tensors, emittedMap(model), { file, text: undefined });
  const own = (): Resolved => {
    const errors = tensorErrors(parameters, tensors);
    return errors.length === 0 ? { tensors, diagnostics: [] } : refused(model, file, errors);
  };
  if (layout === "tapeless" || (layout === undefined && facts?.format === "tapeless")) return own();
  const derived = deriveMap(model, parameters, tensors);
  const ownErrors = tensorErrors(parameters, tensors);
  if (layout === undefined && facts?.format !== "pt" && isOwn(tensors, parameters, derived, ownErrors)) {
    // A format without metadata is not that of PyTorch.
    const isBoth =
      facts !== undefined && ownErrors.length + derived.errors.length === 0 && converts(derived.map);
    return isBoth ? { diagnostics: [ambiguous(file)] } : own();
  }
  const text = mapText(derived.map, { file, parameters, tensors, notes: derived.notes });
  if (derived.errors.length > 0) return { ...refused(model, file, derived.errors, mapHint), map: text };
  const result = applied(model, parameters, tensors, derived.map, { file, text });
  return { ...result, diagnostics: [...result.diagnostics, ...guessWarnings(file, derived.guessed)] };
}

function applied(
  model: Model,
  parameters: Parameters,
  tensors: readonly StoredTensor[],
  map: ParameterMap,
  { file, text }: { readonly file: string; readonly text: string | undefined },
): Resolved {
  const result = applyMap(parameters, tensors, map);
  const printed = text === undefined ? {} : { map: text };
  if ("errors" in result) return { ...refused(model, file, result.errors), ...printed };
  return { tensors: result.tensors, diagnostics: [], ...printed };
}

/**
 * Whether the file has the parameters of the model rather than a `state_dict`: its tensors fit at least as many
 * parameters, by name and shape, and one of its names is a parameter.
 */
function isOwn(
  tensors: readonly StoredTensor[],
  parameters: Parameters,
  { map }: Derived,
  errors: readonly string[],
): boolean {
  if (errors.length === 0) return true;
  const found = new Map(tensors.map(({ name, shape }) => [name, shape.join()]));
  const named = parameters.filter(({ name }) => found.has(name));
  const fitting = named.filter(({ name, shape }) => found.get(name) === shape.join());
  const derived = [...map.parameters.values()].filter((origin) => origin !== null);
  return named.length > 0 && fitting.length >= derived.length;
}

/** Whether the map changes the values of any tensor. */
const converts = ({ parameters }: ParameterMap): boolean =>
  [...parameters].some(
    ([name, origin]) =>
      typeof origin === "object" && (origin?.permute !== undefined || origin?.tensor !== name),
  );

const refused = (model: Model, file: string, errors: readonly string[], hint?: string): Resolved => ({
  diagnostics: [{ ...mismatch(model.name, file, errors), ...(hint === undefined ? {} : { hint }) }],
});

const mapHint =
  "`tapeless import FILE SPEC > map.yaml` writes the map that was derived so far; edit it, and pass it with --map";

const wholeCheckpoint = (file: string): Diagnostic => ({
  code: "T3002",
  severity: "error",
  message: "the file is a checkpoint with the state of its training, not a file of parameters",
  location: { file },
  hint:
    "every command that takes a checkpoint takes this file: train --resume, predict, export; " +
    "to start a new training run from its parameters, use train --from",
});

const ambiguous = (file: string): Diagnostic => ({
  code: "T3002",
  severity: "error",
  message: "the tensors fit the model both as its own parameters and as a state_dict of PyTorch",
  location: { file },
  hint: "say which they are: --layout pytorch transposes the weights, --layout tapeless does not",
});

/** A warning if only the order of names decides which module becomes which layer. */
const guessWarnings = (file: string, layers: readonly string[]): Diagnostic[] =>
  layers.length === 0
    ? []
    : [
        {
          code: "T3007",
          severity: "warning",
          message: `several modules fit ${showNames(layers)}, and the order of their names decides`,
          location: { file },
          hint: "check the map: `tapeless import FILE SPEC` prints it; edit it, and pass it with --map",
        },
      ];
