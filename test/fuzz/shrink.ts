/**
 * Shrinks a failing spec to a smallest one that fails in the same way. It removes or reduces layers, options
 * and numbers one at a time, as long as the failure remains. The shapes of the targets are adjusted to the
 * outputs.
 */
import { refusalOf } from "./random-spec.ts";
import { compact } from "./random-parts.ts";
import type { Json, JsonObject } from "./random-parts.ts";
import type { RowShape } from "./layer-parts.ts";
import { factsOf } from "./spec-facts.ts";

export interface ShrinkLimits {
  /** The maximum number of specs to try. */
  readonly attempts: number;
  readonly seconds: number;
}

const isObject = (value: Json | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const isList = (value: Json | undefined): value is readonly Json[] => Array.isArray(value);

const listOf = (value: Json | undefined): readonly Json[] => (isList(value) ? value : []);

const objectOf = (value: Json | undefined): JsonObject => (isObject(value) ? value : {});

const without = (object: JsonObject, key: string): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));

/**
 * Returns the layers without the one at `index`. Layers that read this layer by its name then read the
 * previous one.
 */
function withoutLayer(network: readonly Json[], index: number): readonly Json[] {
  const gone = objectOf(network[index]);
  const [first] = isList(gone.from) ? gone.from : [gone.from];
  const source = typeof first === "string" ? first : undefined;
  const rest = network.toSpliced(index, 1);
  const next = objectOf(rest[index]);
  // The next layer then reads the input of the removed layer.
  return source !== undefined && isObject(rest[index]) && next.from === undefined
    ? rest.with(index, { ...next, from: source })
    : rest;
}

/** Gives all layers explicit names, so that removing one layer does not rename another. */
const renamed = (network: readonly Json[]): readonly Json[] => {
  const ordinals = new Map<string, number>();
  return network.map((layer) => {
    const object = isObject(layer) ? layer : { type: layer };
    const type = String(object.type);
    ordinals.set(type, (ordinals.get(type) ?? 0) + 1);
    return object.name === undefined ? { ...object, name: `${type}${ordinals.get(type)}` } : object;
  });
};

/** Yields variants of a layer in which one key or one number is simpler. */
function* simplerLayers(layer: JsonObject): Generator<JsonObject | readonly JsonObject[]> {
  for (const key of ["layers", "shortcut"]) {
    const inner = listOf(layer[key]);
    if (key === "layers" && inner.length > 0) yield inner.filter(isObject);
    for (const [i, each] of inner.entries()) {
      if (inner.length > 1) yield { ...layer, [key]: inner.toSpliced(i, 1) };
      if (isObject(each))
        for (const simpler of simplerLayers(each))
          yield { ...layer, [key]: inner.toSpliced(i, 1, ...(isList(simpler) ? simpler : [simpler])) };
    }
  }
  if (isObject(layer.layer)) {
    yield without(layer.layer, "from");
    for (const simpler of simplerLayers(layer.layer))
      if (isObject(simpler)) yield { ...layer, layer: simpler };
  }
  for (const key of Object.keys(layer))
    if (!["type", "layers", "layer", "shortcut", "from", "name"].includes(key)) yield without(layer, key);
  if (isObject(layer.activation) || typeof layer.activation === "string")
    for (const activation of ["relu", "tanh"])
      if (layer.activation !== activation) yield { ...layer, activation };
  yield* simplerNumbers(layer);
}

/** Yields variants of the object in which one integer, or one integer in a list, is smaller. */
function* simplerNumbers(object: JsonObject): Generator<JsonObject> {
  for (const [key, value] of Object.entries(object)) {
    if (typeof value === "number") for (const less of smaller(value)) yield { ...object, [key]: less };
    if (isList(value))
      for (const [i, item] of value.entries())
        if (typeof item === "number")
          for (const less of smaller(item)) yield { ...object, [key]: value.with(i, less) };
  }
}

const smaller = (value: number): readonly number[] =>
  Number.isInteger(value) && value > 1
    ? [...new Set([1, 2, value >> 1, value - 1])].filter((x) => x < value)
    : [];

function* simplerNetworks(network: readonly Json[]): Generator<readonly Json[]> {
  for (let i = network.length - 1; i >= 0; i--) if (network.length > 1) yield withoutLayer(network, i);
  for (const [i, layer] of network.entries())
    if (isObject(layer))
      for (const simpler of simplerLayers(layer)) {
        const list = isList(simpler) ? simpler : [simpler];
        const [first, ...rest] = list;
        const kept = layer.from === undefined || first === undefined ? first : { ...first, from: layer.from };
        if (first !== undefined) yield network.toSpliced(i, 1, kept, ...rest);
      }
}

/** Yields specs with one loss instead of several, with fewer losses, or with fewer keys of a loss. */
function* simplerLosses(spec: JsonObject): Generator<JsonObject> {
  const losses = objectOf(spec.losses);
  const targets = objectOf(spec.targets);
  for (const [name, entry] of Object.entries(losses)) {
    const { loss, from, metrics = [], classWeights, sampleWeights } = objectOf(entry);
    const training = compact({ ...objectOf(spec.training), classWeights, sampleWeights });
    const one = {
      loss: loss ?? "mse",
      output: from ?? "",
      metrics,
      training,
      targets: { [name]: targets[name] ?? {} },
    };
    yield { ...without(spec, "losses"), ...one };
    if (Object.keys(losses).length > 1)
      yield { ...spec, losses: without(losses, name), targets: without(targets, name) };
    for (const key of Object.keys(objectOf(entry)))
      if (key !== "loss" && key !== "from")
        yield { ...spec, losses: { ...losses, [name]: without(objectOf(entry), key) } };
    if (loss !== "mse") {
      const { classes, shape } = objectOf(targets[name]);
      const real = { shape: [...listOf(shape), ...(classes === undefined ? [] : [classes])] };
      const simple = { ...without(without(objectOf(entry), "classWeights"), "metrics"), loss: "mse" };
      yield { ...spec, losses: { ...losses, [name]: simple }, targets: { ...targets, [name]: real } };
    }
  }
}

function* simplerSpecs(spec: JsonObject): Generator<JsonObject> {
  for (const network of simplerNetworks(renamed(listOf(spec.network)))) yield { ...spec, network };
  for (const key of ["metrics", "regularization", "output"])
    if (spec[key] !== undefined) yield without(spec, key);
  yield* simplerLosses(spec);
  const [[targetName, target] = ["y", {}]] = Object.entries(objectOf(spec.targets));
  for (const loss of spec.loss === undefined ? [] : ["mse", "mae"])
    if (spec.loss !== loss && !(loss === "mae" && spec.loss === "mse")) {
      const { classes, shape } = objectOf(target);
      const real = { shape: [...listOf(shape), ...(classes === undefined ? [] : [classes])] };
      yield { ...spec, loss, targets: { [targetName]: real } };
    }
  if (isObject(spec.loss))
    for (const key of Object.keys(spec.loss)) yield { ...spec, loss: without(spec.loss, key) };
  const plain = { type: "sgd", learningRate: 0.1 };
  if (JSON.stringify(spec.optimizer) !== JSON.stringify(plain)) yield { ...spec, optimizer: plain };
  const optimizer = objectOf(spec.optimizer);
  for (const key of Object.keys(optimizer)) yield { ...spec, optimizer: without(optimizer, key) };
  const training = objectOf(spec.training);
  for (const key of Object.keys(training))
    if (!["epochs", "batchSize"].includes(key)) yield { ...spec, training: without(training, key) };
  for (const simpler of simplerNumbers(training)) yield { ...spec, training: simpler };
  const inputs = objectOf(spec.inputs);
  for (const [name, input] of Object.entries(inputs)) {
    if (Object.keys(inputs).length > 1) yield { ...spec, inputs: without(inputs, name) };
    const { shape } = objectOf(input);
    if (listOf(shape).length > 1)
      yield { ...spec, inputs: { ...inputs, [name]: { ...objectOf(input), shape: listOf(shape).slice(1) } } };
    for (const simpler of simplerNumbers(objectOf(input)))
      yield { ...spec, inputs: { ...inputs, [name]: simpler } };
  }
}

/**
 * Adjusts the spec to its outputs: the targets get the shapes of the outputs, and there are as many class
 * weights as classes.
 */
function fitted(spec: JsonObject): JsonObject | undefined {
  const facts = factsOf(spec);
  if (facts === undefined) return undefined;
  const declared = Object.entries(objectOf(spec.targets));
  const outputs = Object.fromEntries(facts.outputs.map((shape, i) => [declared[i]?.[0] ?? "y", shape]));
  const losses = Object.entries(objectOf(spec.losses)).map(([name, loss]) => [
    name,
    weighed(objectOf(loss), outputs[name] ?? []),
  ]);
  return {
    ...spec,
    targets: Object.fromEntries(
      Object.entries(outputs).map(([name, shape]) => [
        name,
        targetFor(objectOf(objectOf(spec.targets)[name]), shape),
      ]),
    ),
    training: weighed(objectOf(spec.training), facts.outputs[0] ?? []),
    ...(spec.losses !== undefined && { losses: Object.fromEntries(losses) }),
  };
}

function targetFor({ classes, shape }: JsonObject, output: RowShape): JsonObject {
  const isScalar = isList(shape) && shape.length === 0 && output.length === 1 && output[0] === 1;
  if (classes === undefined) return { shape: isScalar ? [] : output };
  return {
    classes: output[output.length - 1] ?? 2,
    ...(output.length > 1 && { shape: output.slice(0, -1) }),
  };
}

/** Returns the object with one class weight for each class. */
function weighed(object: JsonObject, output: RowShape): JsonObject {
  const { classWeights } = object;
  if (!isList(classWeights)) return object;
  const length = output[output.length - 1] ?? 2;
  return { ...object, classWeights: Array.from({ length }, (_, i) => classWeights[i] ?? 1) };
}

/** Removes names that equal the default names. */
function unnamed(spec: JsonObject): JsonObject {
  const network = listOf(spec.network);
  const text = JSON.stringify(network.map((layer) => objectOf(layer).from ?? null));
  const plain = network.map((layer) =>
    isObject(layer) && !text.includes(`"${layer.name}"`) ? without(layer, "name") : layer,
  );
  return { ...spec, network: plain };
}

/** Returns the smallest spec found for which `fails` is still true. */
export async function shrink(
  spec: JsonObject,
  fails: (spec: JsonObject) => Promise<boolean>,
  { attempts, seconds }: ShrinkLimits,
): Promise<JsonObject> {
  const until = performance.now() + 1000 * seconds;
  const tried = new Set<string>([JSON.stringify(spec)]);
  let current = spec;
  let left = attempts;
  const isOver = () => left <= 0 || performance.now() > until;
  const next = async (): Promise<JsonObject | undefined> => {
    for (const candidate of simplerSpecs(current)) {
      if (isOver()) return undefined;
      const fit = fitted(candidate);
      const text = JSON.stringify(fit);
      if (fit === undefined || tried.has(text)) continue;
      tried.add(text);
      if (refusalOf(fit) !== undefined) continue;
      left--;
      if (await fails(fit)) return fit;
    }
    return undefined;
  };
  for (let smallerSpec = await next(); smallerSpec !== undefined; smallerSpec = await next())
    current = smallerSpec;
  const plain = unnamed(current);
  return refusalOf(plain) === undefined && (await fails(plain)) ? plain : current;
}
