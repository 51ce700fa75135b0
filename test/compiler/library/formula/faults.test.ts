// Wrong formulas, and all that is said of each: code, place in the spec, place in the formula, and what would be right.
import { elementary } from "../../../../src/compiler/ir/nodes.ts";
import { describe, expect, it } from "vitest";
import { specWith, faultsOf } from "../../spec/base-spec.ts";
import { DiagnosticError } from "../../../../src/compiler/diagnostics/errors.ts";
import { buildGraphs } from "../../../../src/compiler/spec/build.ts";
import { parseModel } from "../../../../src/compiler/spec/parse-model.ts";

const real = { targets: { y: { shape: [3] } } };
const activation = (formula: unknown, rest: object = {}) => ({
  network: [
    { type: "dense", units: 5, activation: { formula, ...rest } },
    { type: "dense", units: 3 },
  ],
});
const loss = (formula: unknown) => ({ ...real, loss: { formula } });
const metric = (metric: object) => ({ metrics: [metric] });
const schedule = (learningRate: object) => ({ optimizer: { type: "sgd", learningRate } });
const optimizer = (formula: unknown, rest: object = {}) => ({ optimizer: { formula, ...rest } });

type Row = [intent: string, changes: Record<string, unknown>, ...expected: string[]];

const rows: Record<string, Row[]> = {
  "what cannot be read": [
    [
      "a formula that ends in a sign",
      activation("x * "),
      "error T1601: network[0].activation.formula: the formula ends too early",
      "> 1 | x *",
      "    |     ^",
    ],
    [
      "a bracket left open",
      activation("tanh(x * (1 + x)"),
      "error T1601: network[0].activation.formula: the formula ends too early",
      "> 1 | tanh(x * (1 + x)",
      "    |                 ^",
      "  hint: 1 bracket is still open",
    ],
    [
      "a bracket too many",
      activation("x) + 1"),
      'error T1601: network[0].activation.formula: the formula cannot go on with ")"',
      "> 1 | x) + 1",
      "    |  ^",
      "  hint: no bracket is open here",
    ],
    [
      "a product without its sign",
      activation("2x"),
      'error T1601: network[0].activation.formula: the formula cannot go on with "x"',
      "> 1 | 2x",
      "    |  ^",
      "  hint: a sign is missing before it: a product is written *",
    ],
    [
      "a power as Python writes it",
      activation("x ** 2"),
      'error T1601: network[0].activation.formula: the formula cannot go on with "*"',
      "> 1 | x ** 2",
      "    |    ^",
      "  hint: a power is written ^",
    ],
    [
      "comparisons in a chain",
      activation("0 < x < 1"),
      "error T1601: network[0].activation.formula: the formula compares a comparison",
      "> 1 | 0 < x < 1",
      "    | ^^^^^^^^^",
      "  hint: a < b < c is (a < b) * (b < c)",
    ],
    [
      "a number beyond all numbers",
      activation("1e999 * x"),
      "error T1601: network[0].activation.formula: the formula has a number that is too large",
      "> 1 | 1e999 * x",
      "    | ^^^^^",
    ],
    [
      "nothing at all",
      activation(""),
      "error T1601: network[0].activation.formula: the formula is empty",
      "> 1 |",
      "    | ^",
    ],
    [
      "a text of several lines, with the line that is meant",
      activation("x *\n  tanhh(x)"),
      'error T1602: network[0].activation.formula: the formula has no function "tanhh"',
      "  1 | x *",
      "> 2 |   tanhh(x)",
      "    |   ^^^^^",
      '  hint: did you mean "tanh"?',
    ],
  ],
  "names and functions": [
    [
      "a function of another name, and a name that is not there: both at once",
      activation("tnh(x) + bta"),
      'error T1602: network[0].activation.formula: the formula has no function "tnh"',
      "> 1 | tnh(x) + bta",
      "    | ^^^",
      '  hint: did you mean "tanh"?',
      'error T1602: network[0].activation.formula: the formula has no name "bta"',
      "> 1 | tnh(x) + bta",
      "    |          ^^^",
      "  hint: names of an activation: x",
    ],
    [
      "a constant's name, misspelt",
      activation("x * sigmoid(beta * x)", { constants: { bet: 1 } }),
      'error T1602: network[0].activation.formula: the formula has no name "beta"',
      "> 1 | x * sigmoid(beta * x)",
      "    |             ^^^^",
      '  hint: did you mean "bet"?',
    ],
    [
      "a function that is not called",
      activation("exp * x"),
      "error T1602: network[0].activation.formula: the formula names the function exp without calling it",
      "> 1 | exp * x",
      "    | ^^^",
      "  hint: exp(x)",
    ],
    [
      "a name that is called",
      activation("x(1 + x)"),
      'error T1602: network[0].activation.formula: the formula calls "x", which is no function',
      "> 1 | x(1 + x)",
      "    | ^",
      "  hint: a product is written *",
    ],
    [
      "too many values",
      activation("exp(x, 2)"),
      "error T1603: network[0].activation.formula: the formula gives exp 2 values",
      "> 1 | exp(x, 2)",
      "    | ^^^^^^^^^",
      "  hint: it is called as exp(x)",
    ],
    [
      "too few values",
      activation("where(x > 0, x)"),
      "error T1603: network[0].activation.formula: the formula gives where 2 values",
      "> 1 | where(x > 0, x)",
      "    | ^^^^^^^^^^^^^^^",
      "  hint: it is called as where(condition, a, b)",
    ],
    [
      "a mean where each number is for itself",
      activation("x - mean(x)"),
      "error T1602: network[0].activation.formula: the formula has mean, which an activation cannot use",
      "> 1 | x - mean(x)",
      "    |     ^^^^",
      "  hint: an activation gives one number for each that it is given",
    ],
    [
      "constants that cannot be named, or mean something else",
      activation("x", { constants: { x: 1, "a-b": 2 } }),
      'error T1302: network[0].activation.constants: "x" has a meaning in this formula already',
      "  hint: give the constant another name",
      'error T1301: network[0].activation.constants: a formula cannot name "a-b"',
      "  hint: a letter, then letters, digits and _",
    ],
    [
      "what every object has a property of",
      activation("constructor + __proto__ + toString(x)"),
      'error T1602: network[0].activation.formula: the formula has no name "constructor"',
      "> 1 | constructor + __proto__ + toString(x)",
      "    | ^^^^^^^^^^^",
      "  hint: names of an activation: x",
      'error T1602: network[0].activation.formula: the formula has no name "__proto__"',
      "> 1 | constructor + __proto__ + toString(x)",
      "    |               ^^^^^^^^^",
      "  hint: names of an activation: x",
      'error T1602: network[0].activation.formula: the formula has no function "toString"',
      "> 1 | constructor + __proto__ + toString(x)",
      "    |                           ^^^^^^^^",
      `  hint: functions: ${Object.keys(elementary).join(", ")}, sqrt, abs, sign, floor, tan, relu, ` +
        "softplus, gelu, silu, stop, pow, min, max, minimum, maximum, clamp, where",
    ],
    [
      "an activation in a block of layers",
      {
        network: [
          {
            type: "repeat",
            times: 2,
            layers: [{ type: "dense", units: 4, activation: { formula: "tanhh(x)" } }],
          },
          { type: "dense", units: 3 },
        ],
      },
      'error T1602: network[0].layers[0].activation.formula: the formula has no function "tanhh"',
      "> 1 | tanhh(x)",
      "    | ^^^^^",
      '  hint: did you mean "tanh"?',
    ],
    [
      "the activation of a layer of its own",
      {
        network: [
          { type: "activation", fn: { formula: "sin(y)" } },
          { type: "dense", units: 3 },
        ],
      },
      'error T1602: network[0].fn.formula: the formula has no name "y"',
      "> 1 | sin(y)",
      "    |     ^",
      "  hint: names of an activation: x",
    ],
  ],
  "losses and metrics": [
    [
      "a value for each row instead of one",
      loss("(prediction - target)^2"),
      "error T1604: loss.formula: the formula has prediction outside of every sum and mean",
      "> 1 | (prediction - target)^2",
      "    |  ^^^^^^^^^^",
      "  hint: the whole must come to one number: mean(…) around what has prediction in it",
    ],
    [
      "rows that stand beside a mean",
      loss("mean(prediction) * target"),
      "error T1604: loss.formula: the formula has target outside of every sum and mean",
      "> 1 | mean(prediction) * target",
      "    |                    ^^^^^^",
      "  hint: the whole must come to one number: mean(…) around what has target in it",
    ],
    [
      "a mean in a mean",
      loss("mean((target - mean(target))^2)"),
      "error T1604: loss.formula: the formula has a mean inside a sum or mean",
      "> 1 | mean((target - mean(target))^2)",
      "    |                ^^^^^^^^^^^^",
      "  hint: over many batches that takes a second pass; mean((a - mean(a))^2) is mean(a^2) - mean(a)^2",
    ],
    [
      "the mean of one number",
      loss("mean(2) * mean(prediction)"),
      "error T1604: loss.formula: the formula takes the mean of one number",
      "> 1 | mean(2) * mean(prediction)",
      "    | ^^^^^^^",
      "  hint: what it runs over must differ from element to element",
    ],
    [
      "an input that is not there",
      loss("mean(weight * (prediction - target)^2)"),
      'error T1602: loss.formula: the formula has no name "weight"',
      "> 1 | mean(weight * (prediction - target)^2)",
      "    |      ^^^^^^",
      "  hint: names of a loss: x, y, prediction, target",
    ],
    [
      "a metric without a name",
      metric({ formula: "mean(prediction)" }),
      "error T1102: metrics[0].name is missing: it must be a text",
    ],
    [
      "a metric of a name that means something else",
      metric({ name: "accuracy", formula: "mean(prediction)" }),
      'error T1302: metrics[0].name is "accuracy", which means something else in reports',
      "  hint: give the metric a name of its own",
    ],
    [
      "two metrics of one name",
      {
        metrics: [
          { name: "m", formula: "mean(prediction)" },
          { name: "m", formula: "mean(target)" },
        ],
      },
      'error T1302: metrics[1] is "m" again',
    ],
    [
      "a formula beside a type",
      { loss: { type: "mse", formula: "mean(prediction)" } },
      'error T1208: loss has "formula", which does not go together with its other keys',
      "  hint: its keys: type",
    ],
  ],
  "schedules and optimizers": [
    [
      "a schedule without its beginning",
      schedule({ formula: "0.1 / (1 + step)" }),
      "error T1102: optimizer.learningRate.initial is missing: it must be a positive number",
    ],
    [
      "a misspelt step",
      schedule({ formula: "initial * 0.9^stp", initial: 0.1 }),
      'error T1602: optimizer.learningRate.formula: the formula has no name "stp"',
      "> 1 | initial * 0.9^stp",
      "    |               ^^^",
      '  hint: did you mean "step"?',
    ],
    [
      "a line that assigns nothing",
      optimizer("parameter - rate * gradient"),
      'error T1601: optimizer.formula: the formula cannot go on with "-"',
      "> 1 | parameter - rate * gradient",
      "    |           ^",
      '  hint: a line assigns: "parameter = parameter - rate * gradient"',
    ],
    [
      "a state that is read and never assigned",
      optimizer(["state.m = 0.9 * state.m + gradient", "parameter = parameter - rate * state.n"]),
      "error T1605: optimizer.formula[1]: the formula reads state.n, which no line assigns",
      "> 1 | parameter = parameter - rate * state.n",
      "    |                                ^^^^^^^",
      '  hint: did you mean "state.m"?',
    ],
    [
      "a name that is read before it is assigned",
      optimizer(["parameter = parameter - rate * m", "m = gradient"]),
      "error T1605: optimizer.formula[0]: the formula reads m before a line has assigned it",
      "> 1 | parameter = parameter - rate * m",
      "    |                                ^",
      "  hint: lines are read from the first to the last; what is kept between steps is called state.NAME",
    ],
    [
      "no line for the parameter",
      optimizer(["m = gradient"]),
      "error T1605: optimizer.formula: the formula assigns no parameter",
      "> 1 | m = gradient",
      "    | ^",
      '  hint: a line must say what becomes of it: "parameter = parameter - rate * gradient"',
    ],
    [
      "names that cannot be assigned",
      optimizer(["rate = 1", "state.step = step", "a.b = 2", "exp = 1", "parameter = parameter - gradient"]),
      "error T1605: optimizer.formula[0]: the formula assigns rate, which is given",
      "> 1 | rate = 1",
      "    | ^^^^",
      "  hint: give the value another name",
      'error T1605: optimizer.formula[1]: the formula keeps a state of the name "step"',
      "> 1 | state.step = step",
      "    | ^^^^^^^^^^",
      "  hint: call it otherwise",
      "error T1605: optimizer.formula[2]: the formula assigns a.b",
      "> 1 | a.b = 2",
      "    | ^^^",
      "  hint: what is kept between steps is called state.NAME",
      "error T1605: optimizer.formula[3]: the formula assigns exp, which has a meaning already",
      "> 1 | exp = 1",
      "    | ^^^",
      "  hint: give the value another name",
    ],
  ],
};

for (const [title, cases] of Object.entries(rows))
  describe(title, () => {
    for (const [intent, changes, ...expected] of cases)
      it(intent, () => expect(faultsOf(specWith(changes))).toBe(expected.join("\n")));
  });

describe("what only shapes tell", () => {
  const faultOf = (changes: Record<string, unknown>): string => {
    try {
      buildGraphs(parseModel(specWith(changes)), "f32");
      return "no fault";
    } catch (error) {
      if (error instanceof DiagnosticError) return error.message;
      throw error;
    }
  };

  it("values that do not go together, at the part that brings them together", () => {
    expect(faultOf(loss("mean(2 * prediction * x)"))).toBe(
      [
        "error T1604: loss.formula: the formula has parts that do not fit together: multiply(f32[n,3], " +
          "f32[n,4]): shapes [n,3] and [n,4] do not broadcast: 3 and 4 at axis 1",
        "> 1 | mean(2 * prediction * x)",
        "    |      ^^^^^^^^^^^^^^^^^^",
      ].join("\n"),
    );
  });

  it("an output that does not stand beside its target", () => {
    expect(faultOf({ ...loss("mean(prediction - target)"), targets: { y: { shape: [2] } } })).toBe(
      [
        "error T1401: loss: formula reads prediction and target element by element, but the output is [n, " +
          "3] and the target [n, 2]",
        "  note: the output is that of dense2, the target is y",
      ].join("\n"),
    );
    expect(faultOf({ loss: { formula: "mean(prediction)" }, targets: { y: { classes: 4 } } })).toContain(
      "T1401: loss: formula needs one output per class, [n, 4], but the output is [n, 3]",
    );
  });

  it("a number in which no row has a part", () => {
    const what = "the formula takes no sum or mean of anything, so that no row has a part in it";
    expect(faultOf(loss("2 + pi"))).toBe(`error T1604: loss: ${what}`);
    expect(faultOf(metric({ name: "m", formula: "1" }))).toBe(`error T1604: metrics[0]: ${what}`);
  });

  it("a loss that does not depend on the network", () => {
    expect(faultOf(loss("mean(target)"))).toContain("T1502: dense1.weight would get no gradient");
  });

  it("a state that is named for lines, which say themselves which they keep", () => {
    expect(faultOf(optimizer("parameter = parameter - rate * gradient", { state: ["m"] }))).toBe(
      "error T1203: optimizer.state goes with a function; lines say which states there are by assigning them",
    );
  });

  it("an activation that gives no gradient", () => {
    expect(faultOf(activation("x > 0"))).toContain(
      "T1502: dense1.weight would get no gradient: the loss does not depend on it",
    );
  });
});
