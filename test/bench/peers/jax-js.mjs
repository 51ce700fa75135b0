// jax-js on its WebAssembly backend. One jitted function takes parameters and optimizer state, and returns
// both after a step. Arrays are reference-counted: if a value is used twice, it is passed as `.ref` the first
// time.
import {
  blockUntilReady,
  defaultDevice,
  init,
  jit,
  lax,
  nn,
  numpy as np,
  tree,
  valueAndGrad,
} from "@jax-js/jax";

export async function prepare({ batches, batchSize, optimizer, ...workload }) {
  await init("wasm");
  defaultDevice("wasm");
  const model = modelOf(workload);
  const { stateOf, update } = optimizers[optimizer.type];
  const placed = batches.map((batch) => model.place(batch, batchSize));
  const step = jit((parameters, state, x, y) => {
    const [loss, gradients] = valueAndGrad(model.loss)(tree.ref(parameters), x, y);
    return { loss, ...update(parameters, gradients, state, optimizer) };
  });
  let parameters = model.parameters;
  let state = stateOf(() => parameters.map(({ shape }) => np.zeros(shape)), optimizer);
  let at = 0;
  let loss = NaN;
  const run = async (count) => {
    for (let i = 1; i <= count; i++) {
      const { x, y } = placed[at];
      at = (at + 1) % placed.length;
      const next = step(parameters, state, x.ref, y.ref);
      ({ parameters, state } = next);
      if (i < count) next.loss.dispose();
      else loss = (await next.loss.data())[0];
    }
    await blockUntilReady(parameters);
  };
  return { run, loss: () => loss };
}

/** m and v are running means of the gradient and its square; p ← p · (1 − lr · wd) − lr · m̂ / (√v̂ + ε) */
const adam = {
  stateOf: (zeros) => ({ mean: zeros(), squares: zeros(), power1: np.array(1), power2: np.array(1) }),
  update: (parameters, gradients, { mean, squares, ...powers }, { learningRate, weightDecay = 0 }) => {
    const [power1, power2] = [powers.power1.mul(0.9), powers.power2.mul(0.999)];
    const next = parameters.map((p, i) => {
      const g = gradients[i];
      const m = mean[i].mul(0.9).add(g.ref.mul(0.1));
      const v = squares[i].mul(0.999).add(np.square(g).mul(0.001));
      const size = np.sqrt(v.ref.div(np.array(1).sub(power2.ref))).add(1e-8);
      const move = m.ref.div(np.array(1).sub(power1.ref)).div(size).mul(learningRate);
      const kept = weightDecay === 0 ? p : p.mul(1 - learningRate * weightDecay);
      return { p: kept.sub(move), m, v };
    });
    const state = { mean: next.map(({ m }) => m), squares: next.map(({ v }) => v), power1, power2 };
    return { parameters: next.map(({ p }) => p), state };
  },
};

/** The initial state of each optimizer, and its update of parameters and state. */
const optimizers = {
  adam,
  adamw: adam,
  // v ← momentum · v + g; p ← p − lr · v
  sgd: {
    stateOf: (zeros, { momentum }) => (momentum ? zeros() : []),
    update: (parameters, gradients, velocity, { learningRate, momentum }) => {
      if (!momentum)
        return { parameters: parameters.map((p, i) => p.sub(gradients[i].mul(learningRate))), state: [] };
      const state = velocity.map((v, i) => v.mul(momentum).add(gradients[i]));
      return { parameters: parameters.map((p, i) => p.sub(state[i].ref.mul(learningRate))), state };
    },
  },
  // s ← 0.99 · s + 0.01 · g²; p ← p − lr · g / (√s + ε)
  rmsprop: {
    stateOf: (zeros) => zeros(),
    update: (parameters, gradients, squares, { learningRate }) => {
      const state = squares.map((s, i) => s.mul(0.99).add(np.square(gradients[i].ref).mul(0.01)));
      const moved = parameters.map((p, i) =>
        p.sub(gradients[i].div(np.sqrt(state[i].ref).add(1e-8)).mul(learningRate)),
      );
      return { parameters: moved, state };
    },
  },
};

function modelOf({ name, perceptron, loss }) {
  if (name === "lenet") return lenet();
  if (name === "charlm") return charlm();
  return multilayer(perceptron, loss);
}

/** Sums of 12 uniform numbers, approximately standard normal. */
const normal = () => Array.from({ length: 12 }, Math.random).reduce((sum, u) => sum + u, -6);
const random = (shape, deviation) =>
  np
    .array(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => deviation * normal()))
    .reshape(shape);
const dense = (x, weight, bias) => np.matmul(x, weight).add(bias);
const hot = (classes, count) => nn.oneHot(np.array(classes, { dtype: np.int32 }), count);
/** −mean over rows of log softmax(logits) at the expected class */
const crossEntropy = (logits, y) => {
  const [rows] = logits.shape;
  return np.sum(nn.logSoftmax(logits, -1).mul(y)).mul(-1 / rows);
};

function multilayer({ widths, activation }, loss) {
  const layers = widths
    .slice(1)
    .map((width, i) => [random([widths[i], width], Math.sqrt(2 / widths[i])), np.zeros([width])]);
  const act = activation === "relu" ? nn.relu : np.tanh;
  const forward = (parameters, x) => {
    let h = x;
    for (let i = 0; i < parameters.length; i += 2) {
      h = dense(h, parameters[i], parameters[i + 1]);
      if (i + 2 < parameters.length) h = act(h);
    }
    return h;
  };
  const outputs = widths.at(-1);
  return {
    parameters: layers.flat(),
    place: ({ x, y }, rows) => ({
      x: np.array(x.slice()).reshape([rows, widths[0]]),
      y: loss === "mse" ? np.array(y.slice()).reshape([rows, outputs]) : hot(y.slice(), outputs),
    }),
    loss: (parameters, x, y) => {
      const output = forward(parameters, x);
      return loss === "mse" ? np.mean(np.square(output.sub(y))) : crossEntropy(output, y);
    },
  };
}

/** The channel axis comes before the spatial axes, because the library's convolution requires this order. */
function lenet() {
  const block = (x, filters, bias) => {
    const sum = lax.convGeneralDilated(x, filters, [1, 1], "VALID").add(bias.reshape([-1, 1, 1]));
    return lax.reduceWindow(nn.relu(sum), np.max, [2, 2], [2, 2]);
  };
  return {
    parameters: [
      random([8, 1, 5, 5], 0.2),
      np.zeros([8]),
      random([16, 8, 5, 5], 0.1),
      np.zeros([16]),
      random([256, 10], 0.1),
      np.zeros([10]),
    ],
    place: ({ x, y }, rows) => ({ x: np.array(x.slice()).reshape([rows, 1, 28, 28]), y: hot(y.slice(), 10) }),
    loss: ([filters1, bias1, filters2, bias2, weight, bias], x, y) => {
      const h = block(block(x, filters1, bias1), filters2, bias2);
      return crossEntropy(dense(h.reshape([h.shape[0], 256]), weight, bias), y);
    },
  };
}

const [context, width, heads, vocabulary] = [32, 64, 4, 65];

function charlm() {
  const layer = (rows, columns) => [random([rows, columns], 1 / Math.sqrt(rows)), np.zeros([columns])];
  const norm = () => [np.ones([width]), np.zeros([width])];
  const block = () => [
    ...norm(),
    ...Array.from({ length: 4 }, () => layer(width, width)).flat(),
    ...norm(),
    ...layer(width, 4 * width),
    ...layer(4 * width, width),
  ];
  const normalised = (x, scale, shift) => {
    const centred = x.ref.sub(np.mean(x, -1, { keepdims: true }));
    const variance = np.mean(np.square(centred.ref), -1, { keepdims: true });
    return centred
      .div(np.sqrt(variance.add(1e-5)))
      .mul(scale)
      .add(shift);
  };
  // Attention is written out here, because the attention of the library uses its einsum, which does not run
  // in engines without iterator helpers (Node 20).
  const mask = np
    .array(
      Float32Array.from({ length: context * context }, (_, i) =>
        i % context > Math.floor(i / context) ? -1e9 : 0,
      ),
    )
    .reshape([context, context]);
  const attention = (x, [wq, bq, wk, bk, wv, bv, wo, bo]) => {
    const split = (weight, bias, axes) =>
      dense(x.ref, weight, bias)
        .reshape([-1, context, heads, width / heads])
        .transpose(axes);
    const [q, k, v] = [split(wq, bq, [0, 2, 1, 3]), split(wk, bk, [0, 2, 3, 1]), split(wv, bv, [0, 2, 1, 3])];
    x.dispose();
    const scores = np
      .matmul(q, k)
      .mul(1 / Math.sqrt(width / heads))
      .add(mask.ref);
    const mixed = np.matmul(nn.softmax(scores, -1), v).transpose([0, 2, 1, 3]);
    return dense(mixed.reshape([-1, context, width]), wo, bo);
  };
  const withBlock = (h, p) => {
    const attended = attention(normalised(h.ref, p[0], p[1]), p.slice(2, 10));
    h = h.add(attended);
    const hidden = nn.gelu(dense(normalised(h.ref, p[10], p[11]), p[12], p[13]), { approximate: false });
    return h.add(dense(hidden, p[14], p[15]));
  };
  const blockSize = 16;
  return {
    parameters: [
      random([vocabulary, width], 0.1),
      random([context, width], 0.1),
      ...block(),
      ...block(),
      ...norm(),
      ...layer(width, vocabulary),
    ],
    place: ({ x, y }, rows) => ({
      x: hot(x.slice(), vocabulary).reshape([rows, context, vocabulary]),
      y: hot(y.slice(), vocabulary),
    }),
    loss: (parameters, x, y) => {
      const [embedding, places, ...rest] = parameters;
      let h = np.matmul(x, embedding).add(places);
      h = withBlock(h, rest.slice(0, blockSize));
      h = withBlock(h, rest.slice(blockSize, 2 * blockSize));
      const [scale, shift, weight, bias] = rest.slice(2 * blockSize);
      const logits = dense(normalised(h, scale, shift), weight, bias);
      return crossEntropy(logits.reshape([-1, vocabulary]), y);
    },
  };
}
