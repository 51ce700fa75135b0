// brain.js: fully connected networks that are trained row by row, with one activation for all layers,
// including the output, and the squared error. A step here is a pass over the rows of one batch; `train`
// makes many passes over one batch in one call.
import brain from "brain.js";

export function prepare({ name, batches, batchSize, perceptron, loss, optimizer }) {
  if (perceptron === undefined)
    throw new Error(
      name === "lenet" ? "no convolutions" : "no attention: its networks are dense or recurrent",
    );
  const { widths, activation } = perceptron;
  const { type, learningRate, momentum = 1e-9 } = optimizer;
  // The gradient of a batch is the mean over its rows. Therefore, the rate for a single row is the rate
  // divided by the batch size. Adam normalises its steps itself.
  const how =
    type === "adam" ? { praxis: "adam", learningRate } : { learningRate: learningRate / batchSize, momentum };
  const net = new brain.NeuralNetwork({ hiddenLayers: widths.slice(1, -1), activation });
  const outputs = widths.at(-1);
  const expected = (y, row) =>
    loss === "mse" ? [y[row]] : Array.from({ length: outputs }, (_, k) => (k === y[row] ? 1 : 0));
  const rowsOf = ({ x, y }) =>
    Array.from({ length: batchSize }, (_, row) => ({
      input: x.slice(row * widths[0], (row + 1) * widths[0]),
      output: expected(y, row),
    }));
  const rows = rowsOf(batches[0]);
  let error = NaN;
  const run = (count) => {
    ({ error } = net.train(rows, { iterations: count, errorThresh: Number.MIN_VALUE, ...how }));
  };
  const lacks = [
    "a row at a time instead of batches",
    ...(loss === "mse" ? [] : ["no softmax or cross-entropy"]),
    ...(type === "rmsprop" ? ["no RMSprop: plain descent"] : []),
  ];
  return { run, loss: () => error, note: lacks.join("; ") };
}
