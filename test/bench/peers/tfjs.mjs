// TensorFlow.js, used with variables and `optimizer.minimize`. The caller selects the backend.
import * as tf from "@tensorflow/tfjs";

export function prepareOn({ batches, batchSize, ...workload }) {
  const model = modelOf(workload);
  const optimizer = optimizerOf(workload.optimizer);
  // AdamW is Adam with a separate weight decay: p ← p · (1 − lr · wd).
  const { learningRate, weightDecay = 0 } = workload.optimizer;
  const variables = Object.values(model.variables);
  const decay = () =>
    tf.tidy(() => variables.forEach((each) => each.assign(tf.mul(each, 1 - learningRate * weightDecay))));
  const placed = batches.map((batch) => model.place(batch, batchSize));
  let at = 0;
  const step = () => {
    const { x, y } = placed[at];
    at = (at + 1) % placed.length;
    if (weightDecay > 0) decay();
    return optimizer.minimize(() => model.loss(x, y), true, variables);
  };
  let loss = NaN;
  const run = (count) => {
    for (let i = 1; i < count; i++) step().dispose();
    const value = step();
    // Forces the computation of lazy values.
    loss = value.dataSync()[0];
    value.dispose();
  };
  return { run, loss: () => loss };
}

function optimizerOf({ type, learningRate, momentum }) {
  if (type === "sgd" && momentum) return tf.train.momentum(learningRate, momentum);
  if (type === "sgd") return tf.train.sgd(learningRate);
  if (type === "rmsprop") return tf.train.rmsprop(learningRate, 0.99, 0, 1e-8);
  return tf.train.adam(learningRate, 0.9, 0.999, 1e-8);
}

function modelOf({ name, perceptron, loss }) {
  if (name === "lenet") return lenet();
  if (name === "charlm") return charlm();
  return multilayer(perceptron, loss);
}

const variable = (shape, deviation) => tf.variable(tf.randomNormal(shape, 0, deviation));
const zeros = (length) => tf.variable(tf.zeros([length]));
const dense = (x, weight, bias) => tf.add(tf.matMul(x, weight), bias);
const crossEntropy = (hot, logits) => tf.losses.softmaxCrossEntropy(hot, logits);
const hot = (classes, count) => tf.cast(tf.oneHot(tf.tensor1d(classes, "int32"), count), "float32");

function multilayer({ widths, activation }, loss) {
  const layers = widths.slice(1).map((width, i) => ({
    weight: variable([widths[i], width], Math.sqrt(2 / widths[i])),
    bias: zeros(width),
  }));
  const act = activation === "relu" ? tf.relu : tf.tanh;
  const forward = (x) =>
    layers.reduce((h, { weight, bias }, i) => {
      const sum = dense(h, weight, bias);
      return i + 1 < layers.length ? act(sum) : sum;
    }, x);
  const outputs = widths.at(-1);
  return {
    variables: layers.flatMap(({ weight, bias }) => [weight, bias]),
    place: ({ x, y }, rows) => ({
      x: tf.tensor2d(x, [rows, widths[0]]),
      y: loss === "mse" ? tf.tensor2d(y, [rows, outputs]) : hot(y, outputs),
    }),
    loss: (x, y) =>
      loss === "mse" ? tf.losses.meanSquaredError(y, forward(x)) : crossEntropy(y, forward(x)),
  };
}

function lenet() {
  const v = {
    filters1: variable([5, 5, 1, 8], 0.2),
    bias1: zeros(8),
    filters2: variable([5, 5, 8, 16], 0.1),
    bias2: zeros(16),
    weight: variable([256, 10], 0.1),
    bias: zeros(10),
  };
  const block = (x, filters, bias) =>
    tf.maxPool(tf.relu(tf.add(tf.conv2d(x, filters, 1, "valid"), bias)), 2, 2, "valid");
  const forward = (x) => {
    const h = block(block(x, v.filters1, v.bias1), v.filters2, v.bias2);
    return dense(tf.reshape(h, [-1, 256]), v.weight, v.bias);
  };
  return {
    variables: v,
    place: ({ x, y }, rows) => ({ x: tf.tensor4d(x, [rows, 28, 28, 1]), y: hot(y, 10) }),
    loss: (x, y) => crossEntropy(y, forward(x)),
  };
}

const [context, width, heads, vocabulary] = [32, 64, 4, 65];

/**
 * The WebAssembly backend has no gradient for gather. The embedding is therefore a product with one-hot rows,
 * which is as fast here.
 */
function charlm() {
  const matrix = (rows, columns) => variable([rows, columns], 1 / Math.sqrt(rows));
  const norm = () => ({ scale: tf.variable(tf.ones([width])), shift: zeros(width) });
  const layer = (rows, columns) => ({ weight: matrix(rows, columns), bias: zeros(columns) });
  const blocks = [0, 1].map(() => ({
    norm1: norm(),
    query: layer(width, width),
    key: layer(width, width),
    value: layer(width, width),
    output: layer(width, width),
    norm2: norm(),
    hidden: layer(width, 4 * width),
    shrink: layer(4 * width, width),
  }));
  const [embedding, places] = [variable([vocabulary, width], 0.1), variable([context, width], 0.1)];
  const [finalNorm, logits] = [norm(), layer(width, vocabulary)];
  const mask = tf.keep(
    tf.tensor2d(
      Float32Array.from({ length: context * context }, (_, i) =>
        i % context > Math.floor(i / context) ? -1e9 : 0,
      ),
      [context, context],
    ),
  );
  const normalised = (x, { scale, shift }) => {
    const { mean, variance } = tf.moments(x, -1, true);
    return tf.add(tf.mul(tf.mul(tf.sub(x, mean), tf.rsqrt(tf.add(variance, 1e-5))), scale), shift);
  };
  const linear = (x, { weight, bias }) => dense(x, weight, bias);
  const split = (x) => tf.transpose(tf.reshape(x, [-1, context, heads, width / heads]), [0, 2, 1, 3]);
  const attention = (x, { query, key, value, output }) => {
    const [q, k, v] = [query, key, value].map((each) => split(linear(x, each)));
    const scores = tf.add(tf.mul(tf.matMul(q, k, false, true), 1 / Math.sqrt(width / heads)), mask);
    const mixed = tf.matMul(tf.softmax(scores), v);
    return linear(tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), [-1, width]), output);
  };
  const gelu = (x) => tf.mul(tf.mul(x, 0.5), tf.add(tf.erf(tf.mul(x, Math.SQRT1_2)), 1));
  const forward = (x) => {
    const embedded = tf.reshape(tf.matMul(x, embedding), [-1, context, width]);
    let h = tf.reshape(tf.add(embedded, places), [-1, width]);
    for (const block of blocks) {
      h = tf.add(h, attention(normalised(h, block.norm1), block));
      h = tf.add(h, linear(gelu(linear(normalised(h, block.norm2), block.hidden)), block.shrink));
    }
    return linear(normalised(h, finalNorm), logits);
  };
  const leaves = (value) => (value instanceof tf.Tensor ? [value] : Object.values(value).flatMap(leaves));
  return {
    variables: leaves([blocks, embedding, places, finalNorm, logits]),
    place: ({ x, y }) => ({ x: hot(x, vocabulary), y: hot(y, vocabulary) }),
    loss: (x, y) => crossEntropy(y, forward(x)),
  };
}
