/**
 * Derives the map from a PyTorch `state_dict` to the parameters of a model. A module fits a layer if it has the
 * tensors of the layer's row in `layouts.ts`, in the right shapes. Among the modules that fit, equal names decide,
 * then usual names of such modules, then the order.
 */
import { groupBy } from "../../../compiler/util/collections.ts";
import { collector } from "../../../compiler/diagnostics/errors.ts";
import { createBuilder } from "../../../compiler/ops/index.ts";
import { buildNetwork } from "../../../compiler/spec/build-network.ts";
import type { Layer, Model } from "../../../compiler/spec/types.ts";
import type { ModelFacts } from "../../../runtime/model/facts.ts";
import { shown } from "../../../runtime/step/errors.ts";
import { shapeText } from "../parameters/tensors.ts";
import type { StoredTensor } from "../parameters/tensors.ts";
import { flattenedBefore } from "./flattened.ts";
import { layouts, uncounted, unsupported } from "./layouts.ts";
import type { Flattened, Form } from "./layouts.ts";
import { isSorted, modulesOf } from "./modules.ts";
import type { TorchModule } from "./modules.ts";
import type { Origin, ParameterMap } from "./parameter-map.ts";

export interface Derived {
  /** The map; parameters for which no tensor was found have the origin `null`. */
  readonly map: ParameterMap;
  /** Everything that does not fit. */
  readonly errors: readonly string[];
  /** Layers whose modules were chosen by order alone, although the file does not have the order of the model. */
  readonly guessed: readonly string[];
  /** Notes on single parameters, by name. */
  readonly notes: ReadonlyMap<string, string>;
}

/** A layer with parameters, and the modules that it could come from. */
interface Wanted {
  readonly layer: Layer;
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly flattened: Flattened;
  readonly candidates: readonly Candidate[];
}

/** One form of a layer: the tensors that a module must have, and where the parameters come from. */
interface Candidate {
  readonly needed: ReadonlyMap<string, readonly number[]>;
  readonly signature: string;
  origins(module: TorchModule): ReadonlyMap<string, Origin>;
}

type Found = ReadonlyMap<Wanted, TorchModule>;

export function deriveMap(
  model: Model,
  parameters: ModelFacts["parameters"],
  tensors: readonly StoredTensor[],
): Derived {
  const { values } = buildNetwork(model, createBuilder("f32"), "evaluation", collector());
  const wanted = model.network.flatMap((layer): Wanted[] => {
    const prefix = `${layer.name}.`;
    const own = parameters.filter(
      ({ name }) => name.startsWith(prefix) && !name.slice(prefix.length).includes("."),
    );
    if (own.length === 0) return [];
    const shapes = Object.fromEntries(own.map(({ name, shape }) => [name.slice(prefix.length), shape]));
    const flattened = flattenedBefore(model, values, layer);
    return [{ layer, shapes, flattened, candidates: candidatesOf(layer, shapes, flattened) }];
  });
  const modules = modulesOf(tensors);
  const { found, guessed } = matched(wanted, modules);
  const origins = new Map(wanted.flatMap((layer) => [...originsOf(layer, found.get(layer))]));
  const map: ParameterMap = {
    parameters: new Map(parameters.map(({ name }) => [name, origins.get(name) ?? null])),
    unused: tensors.some(({ name }) => name.endsWith(uncounted)) ? [`*${uncounted}`] : [],
  };
  return {
    map,
    errors: mismatches(wanted, modules, found),
    guessed: isSorted(tensors) ? guessed : [],
    notes: notesOf(found),
  };
}

const candidatesOf = (
  { type }: Layer,
  shapes: Wanted["shapes"],
  flattened: Flattened,
): readonly Candidate[] =>
  (layouts[type]?.forms ?? []).flatMap((form) => candidateOf(form, shapes, flattened) ?? []);

/** Undefined if two parameters need the same tensor in different shapes, or a parameter is not in the form. */
function candidateOf(form: Form, shapes: Wanted["shapes"], flattened: Flattened): Candidate | undefined {
  const needed = new Map<string, readonly number[]>();
  const pieces: [string, (module: TorchModule) => Origin][] = [];
  for (const [own, shape] of Object.entries(shapes)) {
    const source = Object.hasOwn(form, own) ? form[own] : undefined;
    if (source === undefined) return undefined;
    if (typeof source === "number") {
      pieces.push([own, () => source]);
      continue;
    }
    const { suffix, convert } = source;
    // Only the inputs of a layer can be flattened, which the first axis of a matrix or vector has.
    const isFlat = flattened !== undefined && shape[0] === flattened.reduce((a, b) => a * b, 1);
    const { theirs, ...steps } = convert(shape, isFlat ? flattened : undefined);
    const before = needed.get(suffix);
    if (before !== undefined && shapeText(before) !== shapeText(theirs)) return undefined;
    needed.set(suffix, theirs);
    pieces.push([own, (module) => originIn(module, suffix, theirs, steps)]);
  }
  return {
    needed,
    signature: signatureOf([...needed]),
    origins: (module) => new Map(pieces.map(([own, origin]) => [own, origin(module)])),
  };
}

function originIn(
  { tensors }: TorchModule,
  suffix: string,
  theirs: readonly number[],
  steps: Omit<Exclude<Origin, number>, "tensor">,
): Origin {
  const stored = tensors.get(suffix)?.tensor;
  const isWhole = stored !== undefined && stored.shape.length === theirs.length;
  return { tensor: stored?.name ?? "", ...(isWhole ? {} : { reshape: theirs }), ...steps };
}

const signatureOf = (tensors: readonly (readonly [string, readonly number[]])[]): string =>
  tensors
    .map(([name, shape]) => `${name}${shapeText(shape)}`)
    .sort()
    .join(" ");

const signatureOfModule = ({ tensors }: TorchModule): string =>
  signatureOf([...tensors].map(([name, { shape }]) => [name, shape]));

/** Names of layers have no dots: `layers.0.fc` may be the layer `layers_0_fc`. */
const comparable = (name: string): string => name.toLowerCase().replaceAll(/[.-]/g, "_");

/** Chooses a module for each layer, and lists the layers that only the order decides. */
function matched(
  wanted: readonly Wanted[],
  modules: readonly TorchModule[],
): { readonly found: Found; readonly guessed: readonly string[] } {
  const found = new Map<Wanted, TorchModule>();
  const free = new Set(modules);
  const bySignature = groupBy(modules, signatureOfModule);
  const take = (layer: Wanted, module: TorchModule | undefined): void => {
    if (module === undefined) return;
    found.set(layer, module);
    free.delete(module);
  };
  const fitting = ({ candidates }: Wanted): TorchModule[] =>
    [...new Set(candidates.map(({ signature }) => signature))]
      .flatMap((signature) => bySignature.get(signature) ?? [])
      .filter((module) => free.has(module));
  for (const layer of wanted)
    take(
      layer,
      fitting(layer).find(({ path }) => comparable(path) === comparable(layer.layer.name)),
    );
  const guessed: string[] = [];
  for (const layer of wanted) {
    if (found.has(layer)) continue;
    const options = fitting(layer);
    if (options.length === 0) continue;
    const usual = options.filter(({ path }) => layouts[layer.layer.type]?.names.test(path));
    const [first, ...others] = usual.length > 0 ? usual : options;
    if (!others.every(({ path }) => isNumbered(first.path, path))) guessed.push(layer.layer.name);
    take(layer, first);
  }
  return { found, guessed };
}

/** Whether two paths differ only in numbers and directions, so that their order is that of the model. */
function isNumbered(a: string, b: string): boolean {
  const plain = (path: string): string => path.replaceAll(/\d+/g, "#").replace(/_reverse$/, "");
  return plain(a) === plain(b);
}

function originsOf(layer: Wanted, module: TorchModule | undefined): ReadonlyMap<string, Origin> {
  const signature = module && signatureOfModule(module);
  const origins = module && layer.candidates.find((each) => each.signature === signature)?.origins(module);
  return new Map([...(origins ?? [])].map(([own, origin]) => [`${layer.layer.name}.${own}`, origin]));
}

function notesOf(found: Found): ReadonlyMap<string, string> {
  return new Map(
    [...found.keys()].flatMap((layer): [string, string][] => {
      const { flattened, shapes } = layer;
      if (flattened === undefined) return [];
      const [own] = Object.keys(shapes);
      return [[`${layer.layer.name}.${own}`, `PyTorch flattens ${shapeText(flattened)} with channels first`]];
    }),
  );
}

/** The maximum number of modules among which a similar one is searched. */
const mostCompared = 200;

/** Every layer without a module, and every tensor without a parameter. */
function mismatches(
  wanted: readonly Wanted[],
  modules: readonly TorchModule[],
  found: Found,
): readonly string[] {
  const used = new Set(found.values());
  const rest = modules.filter((module) => !used.has(module));
  const errors = wanted
    .filter((layer) => !found.has(layer))
    .flatMap((layer) => {
      const similar = similarModule(layer, rest.slice(0, mostCompared));
      if (similar === undefined) return missing(layer);
      rest.splice(rest.indexOf(similar.module), 1);
      return differences(layer, similar.module, similar.candidate);
    });
  return [...errors, ...rest.flatMap(unusedIn)];
}

/** The first module with the same tensors as a form of the layer, or with most of them. */
function similarModule(
  { candidates, layer }: Wanted,
  modules: readonly TorchModule[],
): { readonly module: TorchModule; readonly candidate: Candidate } | undefined {
  const pairs = modules.flatMap((module) =>
    candidates.map((candidate) => {
      const { needed } = candidate;
      const names = [...module.tensors.keys()];
      const common = names.filter((name) => needed.has(name));
      const sameRank = common.filter(
        (name) => module.tensors.get(name)?.shape.length === needed.get(name)?.length,
      );
      const isNamed = comparable(module.path) === comparable(layer.name);
      const score = sameRank.length - 0.4 * (names.length + needed.size - 2 * common.length);
      return {
        module,
        candidate,
        score: score + (isNamed ? needed.size : 0),
        isSimilar: sameRank.length > 0,
      };
    }),
  );
  const similar = pairs.filter(({ isSimilar }) => isSimilar);
  return similar.sort((a, b) => b.score - a.score)[0];
}

const missing = ({ layer, shapes }: Wanted): string[] =>
  Object.entries(shapes).map(
    ([own, shape]) => `"${layer.name}.${own}" ${shapeText(shape)} gets nothing: no module of the file fits`,
  );

const unusedIn = ({ tensors }: TorchModule): string[] =>
  [...tensors.values()].map(({ tensor: { name, shape } }) => {
    const [, hint] = unsupported.find(([pattern]) => pattern.test(name)) ?? [];
    return `"${shown(name)}" ${shapeText(shape)} of the file is not used${hint === undefined ? "" : `: ${hint}`}`;
  });

/** The tensors in which a module differs from what the layer needs. */
function differences({ layer }: Wanted, module: TorchModule, { needed }: Candidate): string[] {
  const errors = [...needed].flatMap(([name, theirs]): string[] => {
    const found = module.tensors.get(name);
    if (found === undefined)
      return [
        `"${layer.name}" needs "${tensorName(module, name)}" ${shapeText(theirs)}, which the file does not have`,
      ];
    if (shapeText(found.shape) === shapeText(theirs)) return [];
    const hint = shapeHint(found.shape, theirs);
    return [
      `"${layer.name}" needs "${shown(found.tensor.name)}" of shape ${shapeText(theirs)}, but the file has ` +
        `${shapeText(found.shape)}${hint === undefined ? "" : `: ${hint}`}`,
    ];
  });
  const others = [...module.tensors].filter(([name]) => !needed.has(name));
  return [...errors, ...unusedIn({ path: module.path, tensors: new Map(others) })];
}

const tensorName = ({ path }: TorchModule, name: string): string =>
  path === "" ? name : `${shown(path)}.${name}`;

function shapeHint(found: readonly number[], theirs: readonly number[]): string | undefined {
  if (found.length > 1 && shapeText([...found].reverse()) === shapeText(theirs))
    return "it is transposed, as in tapeless and Keras";
  const [ratio, inverse] = [found[0] / theirs[0], theirs[0] / found[0]];
  if (ratio === 4 / 3 || inverse === 4 / 3) return "an lstm has four gates, a gru three";
  if (ratio === 2 && theirs.length === 1) return "the layer may have the wrong number of units";
  return undefined;
}
