/** The optimizers whose paths are drawn: for each the section of its spec, and a learning rate that mostly does. */
export interface Optimizer {
  readonly name: string;
  /** What the legend calls it. */
  readonly label: string;
  /** All keys of `optimizer` in the spec but the learning rate. */
  readonly keys: string;
  readonly rate: number;
}

export const optimizers: readonly Optimizer[] = [
  { name: "descent", label: "gradient descent", keys: "type: sgd", rate: 0.01 },
  { name: "momentum", label: "momentum", keys: "type: sgd, momentum: 0.9", rate: 0.01 },
  { name: "rmsprop", label: "RMSprop", keys: "type: rmsprop, alpha: 0.9", rate: 0.05 },
  { name: "adam", label: "Adam", keys: "type: adam", rate: 0.1 },
  { name: "nesterov", label: "Nesterov", keys: "type: sgd, momentum: 0.9, nesterov: true", rate: 0.01 },
  { name: "adagrad", label: "Adagrad", keys: "type: adagrad", rate: 0.3 },
  { name: "nadam", label: "NAdam", keys: "type: nadam", rate: 0.1 },
  { name: "lion", label: "Lion", keys: "type: lion", rate: 0.03 },
];

/** Those that are on at first. */
export const usual: readonly string[] = ["descent", "momentum", "rmsprop", "adam"];
