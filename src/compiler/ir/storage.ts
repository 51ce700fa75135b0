/**
 * The names of values that are stored between programs. A storage name consists of a space and a name in that
 * space: `gradient:dense1.weight` is the name `dense1.weight` in the space `gradient`. Names of parameters,
 * inputs and targets have no space. Only this file builds and parses storage names.
 */

const spaces = [
  "average", // the moving average of the parameters
  "flat", // all trainable parameters, their gradients, or the weights of an average, as one tensor
  "gradient", // of one parameter
  "held", // values that a gradient check keeps constant while it changes parameters
  "loss", // values other than the batch that the loss reads
  "optimizer", // states of the optimizer
  "probe", // the value of one layer
  "random", // states of the random numbers
  "result", // results of a program
  "totals", // sums over the batches of an evaluation
  "trained", // the weights of one parameter before averaging
] as const;

export type StorageSpace = (typeof spaces)[number];
export type StorageName<Space extends StorageSpace = StorageSpace> = `${Space}:${string}`;

export const storageIn = <Space extends StorageSpace>(space: Space, name: string): StorageName<Space> =>
  `${space}:${name}`;

/** The space of a name, or undefined if it has none, and the rest of the name. */
export function storageParts(storage: string): {
  readonly space: StorageSpace | undefined;
  readonly name: string;
} {
  const end = storage.indexOf(":");
  const space = spaces.find((each) => each === storage.slice(0, Math.max(end, 0)));
  return { space, name: space === undefined ? storage : storage.slice(end + 1) };
}

/**
 * The name as formulas and emitted code show it, without a colon. For example, `gradient:dense1.weight` is
 * shown as `d_dense1.weight`, `result:loss` as `loss`, and `optimizer:step` as `optimizer_step`.
 */
export function storageLabel(storage: string): string {
  if (storage === outputStorage) return "prediction";
  const { space, name } = storageParts(storage);
  if (space === "gradient") return `d_${name}`;
  return space === "result" || space === "flat" || space === undefined ? name : `${space}_${name}`;
}

/** The name within this space; undefined if the storage is in another space. */
export function nameIn(space: StorageSpace, storage: string): string | undefined {
  const parts = storageParts(storage);
  return parts.space === space ? parts.name : undefined;
}

/** The name within a group of a space: `accuracy` for `result:summary.accuracy` in the group `summary`. */
export function nameInGroup(space: StorageSpace, group: string, storage: string): string | undefined {
  const name = nameIn(space, storage);
  return name?.startsWith(`${group}.`) ? name.slice(group.length + 1) : undefined;
}

/** The mean loss of a batch, the output of the network, and the learning rate of the current step. */
export const lossStorage = storageIn("result", "loss");
export const outputStorage = storageIn("result", "output");
export const learningRateStorage = storageIn("result", "learningRate");

/** The number of completed steps, and the random seed. */
export const stepStorage = storageIn("optimizer", "step");
export const seedStorage = storageIn("random", "seed");

/** All trainable parameters as one tensor, and all their gradients as one tensor. */
export const flatParameters = storageIn("flat", "parameters");
export const flatGradients = storageIn("flat", "gradients");

export const gradientStorage = (parameter: string): StorageName => storageIn("gradient", parameter);
export const layerStorage = (layer: string): StorageName => storageIn("probe", layer);

/** The weights before averaging, for all parameters and for one parameter, and the moving average. */
export const trainedWeights = storageIn("flat", "trained");
export const trainedStorage = (parameter: string): StorageName => storageIn("trained", parameter);
export const averageStorage = storageIn("average", "parameters");

/** The class weights of this target or, without a name, of the only target. */
export const classWeightStorage = (target?: string): StorageName =>
  storageIn("loss", target === undefined ? "classWeights" : `classWeights.${target}`);

/** The next value of a statistic, such as a running mean. A statistic is stored as a parameter. */
export const statisticStorage = (parameter: string): StorageName => storageIn("result", `next.${parameter}`);

/** The sums of a measure over the batches of an evaluation, and the loss or metric computed from them. */
export const totalStorage = (measure: string, sum: string): StorageName =>
  storageIn("totals", `${measure}.${sum}`);
export const sumOfTotal = (measure: string, storage: string): string | undefined =>
  nameInGroup("totals", measure, storage);
/** The values that a rank metric collects for each element. */
export const pairStorage = (metric: string, part: string): StorageName =>
  storageIn("result", `pairs.${metric}.${part}`);
export const summaryStorage = (measure: string): StorageName => storageIn("result", `summary.${measure}`);
export const measureOfSummary = (storage: string): string | undefined =>
  nameInGroup("result", "summary", storage);
