// The claims of docs/course.md about its training runs, as assertions. Tests check them for the runs of the
// page; make.ts counts for how many other seeds they hold.
import { basename } from "node:path";
import type { PageRuns } from "./run-page.ts";
import type { Run } from "./run-command.ts";

/** The first run of a spec, by name. `all` has every run of it. */
export interface Outcomes {
  (spec: string): Run;
  all(spec: string): readonly Run[];
}

interface Claim {
  readonly claim: string;
  readonly holds: (of: Outcomes) => boolean;
}

export function outcomes({ runs }: PageRuns): Outcomes {
  const trained = [...runs.values()].flat().filter(({ command: { words } }) => /train|search/.test(words[0]));
  const all = (spec: string) => trained.filter(({ command }) => basename(command.words[1], ".ts") === spec);
  return Object.assign((spec: string) => all(spec)[0], { all });
}

/** A metric in the result of a spec; infinite if the training failed. */
const figure =
  (name: string) =>
  (of: Outcomes) =>
  (spec: string): number =>
    of(spec).code === 0 ? of(spec).result[name] : Infinity;

const loss = figure("train.loss");
const accuracy = (of: Outcomes) => (spec: string) =>
  of(spec).code === 0 ? of(spec).result["validation.accuracy"] : 0;
const validationLoss = figure("validation.loss");

/** Whether the first spec has the lowest value. */
const isLeast = (measure: (spec: string) => number, [first, ...rest]: readonly string[]): boolean =>
  rest.every((spec) => measure(first) <= measure(spec));

/** Whether the values never fall. */
const isRising = (values: readonly number[]): boolean =>
  values.every((value, i) => i === 0 || value >= values[i - 1]);

const chance = 0.2;

export const claims: readonly Claim[] = [
  {
    claim: "the perceptron makes no mistake from the second epoch on",
    holds: (of) =>
      of("unit-step")
        .epochs.slice(1)
        .every(({ loss }) => loss === 0) && loss(of)("unit-step") === 0,
  },
  {
    claim: "a line never gets more than three of the four points of xor right",
    holds: (of) => of("xor-line").epochs.every(({ accuracy }) => accuracy <= 0.75),
  },
  {
    claim: "eight hidden units get all four points right",
    holds: (of) => of("xor-hidden").result["train.accuracy"] === 1,
  },
  {
    claim: "each loss is least where it was made small",
    holds: (of) =>
      isLeast(figure("train.mse")(of), ["loss-mse", "loss-mae", "loss-rmsle"]) &&
      isLeast(figure("train.mae")(of), ["loss-mae", "loss-mse", "loss-rmse", "loss-rmsle"]) &&
      isLeast(figure("train.rmsle")(of), ["loss-rmsle", "loss-mse", "loss-rmse", "loss-mae"]),
  },
  {
    claim: "MSE and RMSE lead to the same line",
    holds: (of) =>
      ["mse", "mae", "rmsle"].every((name) => {
        const [a, b] = ["loss-mse", "loss-rmse"].map(figure(`train.${name}`)(of));
        return Math.abs(a / b - 1) < 1e-3;
      }),
  },
  {
    claim: "RMSLE's estimates are lower by 5 % or more",
    holds: (of) =>
      figure("train.estimate")(of)("loss-rmsle") < 0.95 * figure("train.estimate")(of)("loss-mse"),
  },
  {
    claim: "spoilt readings pull the line of MSE away, and those of MAE and Huber hardly",
    holds: (of) => {
      const mae = figure("test.mae")(of);
      return mae("spoilt-mse") > 10 * mae("spoilt-mae") && mae("spoilt-huber") < 1.5 * mae("spoilt-mae");
    },
  },
  {
    claim: "after as many epochs, mini-batches are ahead of the full batch, and of single rows by a little",
    holds: (of) =>
      isLeast(loss(of), ["batch-mini", "batch-one", "batch-full"]) &&
      loss(of)("batch-full") > 3 * loss(of)("batch-mini"),
  },
  {
    claim: "the small rate has hardly begun, the right one is there, the others run away",
    holds: (of) =>
      loss(of)("rate-small") > 5 * loss(of)("rate-right") &&
      loss(of)("rate-edge") > 1e6 * loss(of)("rate-right") &&
      of("rate-large").code === 1,
  },
  {
    claim: "the wave ends in several valleys, of which one is deepest by far",
    holds: (of) => {
      const losses = of.all("wave").map(({ result }) => result["train.loss"]);
      const valleys = new Set(losses.map((value) => value.toFixed(2)));
      return valleys.size >= 3 && losses.some((value) => value < 1e-6) && losses.some((value) => value > 0.4);
    },
  },
  {
    claim: "momentum is ahead of plain descent",
    holds: (of) => isLeast(loss(of), ["moons-momentum", "moons-sgd"]),
  },
  {
    claim:
      "Adagrad starts faster than plain descent and stalls; RMSprop, at the same rate, gets four times lower",
    holds: (of) =>
      of("moons-adagrad").epochs[4].loss < of("moons-sgd").epochs[4].loss &&
      4 * loss(of)("moons-rmsprop") < loss(of)("moons-adagrad"),
  },
  {
    claim: "Adagrad is then no better than a line",
    holds: (of) => loss(of)("moons-adagrad") > 0.95 * loss(of)("moons-line"),
  },
  {
    claim: "so does Adam, within a factor of three",
    holds: (of) => 3 * loss(of)("moons-adam") < loss(of)("moons-adagrad"),
  },
  {
    claim: "a large batch at the small batch's rate lags behind",
    holds: (of) => isLeast(loss(of), ["small-batch", "large-batch"]),
  },
  {
    claim: "at eight times the rate it stays below half, and with a warm-up it is right in nine of ten",
    holds: (of) => accuracy(of)("large-batch-fast") < 0.5 && accuracy(of)("large-batch-warm") > 0.9,
  },
  {
    claim: "the warm large batch is ahead of the large batch at the small rate",
    holds: (of) => isLeast(loss(of), ["large-batch-warm", "large-batch"]),
  },
  {
    claim: "too small a start stays at chance; too large a one diverges or stays there",
    holds: (of) => accuracy(of)("init-small") < chance && accuracy(of)("init-large") < chance,
  },
  {
    claim: "He's start is ahead of Xavier's and LeCun's",
    holds: (of) =>
      isLeast(loss(of), ["init-he", "init-xavier"]) && isLeast(loss(of), ["init-he", "init-lecun"]),
  },
  {
    claim: "the network learns its rows by heart: validation is worse than the mean, training far better",
    holds: (of) => loss(of)("epochs-all") < 0.2 && validationLoss(of)("epochs-all") > 0.8,
  },
  {
    claim: "stopped early it is better on validation and on test",
    holds: (of) =>
      validationLoss(of)("epochs-stopped") < 0.75 * validationLoss(of)("epochs-all") &&
      figure("test.loss")(of)("epochs-stopped") < figure("test.loss")(of)("epochs-all"),
  },
  {
    claim: "more units always fit the training part better, and the validation part worse",
    holds: (of) => {
      const specs = ["units-1", "units-2", "units-8", "epochs-all"];
      return isRising(specs.map(validationLoss(of))) && isRising(specs.map(loss(of)).reverse());
    },
  },
  {
    claim: "what won on validation is worse on the test part",
    holds: (of) => figure("test.loss")(of)("structure") > validationLoss(of)("structure"),
  },
  {
    claim: "over five seeds one part's accuracies lie further apart than the means of five folds",
    holds: (of) => {
      const width = (spec: string): number => {
        const values = of.all(spec).map(({ result }) => result["validation.accuracy"]);
        return Math.max(...values) - Math.min(...values);
      };
      return width("one-part") > 2 * width("five-folds");
    },
  },
];
