// @ts-check
// Runs only in a development server: keeps the weights of a page's trainers when their spec changes. The plugin appends
// this text to the module, without `export`. It is JavaScript, because bundlers do not translate it.

/**
 * @typedef {{ name: string, parameters: { name: string, shape: number[] }[] }} Model
 * @typedef {{ parameters: Record<string, Float32Array | Float64Array> }} Trainer
 * @typedef {{ model: Model, trainer: WeakRef<Trainer> | { deref(): Trainer } }} Living a trainer and its model
 * @typedef {{
 *   data?: { trainers?: Living[] },
 *   dispose(callback: (data: { trainers?: Living[] }) => void): void
 * }} Hot the part of `import.meta.hot` and `import.meta.webpackHot` that is used
 */

/** The number of trainers that are kept even if the page drops them, as a worker does at the end of its training. */
const held = 8;

/**
 * Returns `create` with a memory. The first trainer that it creates starts with the weights of the first trainer of the
 * module before the update, the second with those of the second, and so on. Only parameters with the same name and
 * shape are copied. The states of the optimizer start anew.
 *
 * @template {unknown[]} Arguments
 * @template {Trainer} T
 * @param {(...options: Arguments) => T} create
 * @param {Model} model
 * @param {Hot} hot
 * @returns {(...options: Arguments) => T}
 */
export function keepWeights(create, model, hot) {
  const earlier = [...(hot.data?.trainers ?? [])];
  /** @type {Living[]} */
  const living = [];
  hot.dispose((data) => {
    // Until the next module has copied the weights, the trainers must not be collected as garbage.
    data.trainers = [...living, ...earlier].flatMap(({ model, trainer }) => {
      const kept = trainer.deref();
      return kept === undefined ? [] : [{ model, trainer: { deref: () => kept } }];
    });
  });
  return (...options) => {
    const trainer = create(...options);
    const before = earlier.shift();
    const old = before?.trainer.deref();
    if (before !== undefined && old !== undefined) copyWeights(before.model, old, model, trainer);
    const isHeld = living.length < held;
    living.push({ model, trainer: isHeld ? { deref: () => trainer } : new WeakRef(trainer) });
    return trainer;
  };
}

/**
 * @param {Model} oldModel
 * @param {Trainer} old
 * @param {Model} model
 * @param {Trainer} trainer
 */
function copyWeights(oldModel, old, model, trainer) {
  const shapes = new Map(oldModel.parameters.map(({ name, shape }) => [name, shape.join("×")]));
  /** @param {Model["parameters"][number]} parameter */
  const isSame = ({ name, shape }) => shapes.get(name) === shape.join("×");
  const kept = model.parameters.filter(isSame);
  for (const { name } of kept) trainer.parameters[name].set(old.parameters[name]);
  const anew = model.parameters.filter((each) => !isSame(each)).map(({ name }) => name);
  const rest = anew.length === 0 ? "" : `; these start anew: ${anew.join(", ")}`;
  console.info(
    `[tapeless] ${model.name}: kept ${kept.length} of ${model.parameters.length} parameters${rest}`,
  );
}
