// Invalid formulas with their complete diagnostics: code, location in the spec and in the formula, and hint.
// If a test fails, a user sees a different message or none.
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
  "syntax errors": [
    [
      "a formula that ends in a sign",
      activation("x * "),
      "error T1601: network[0].activation.formula: the formula ends unexpectedly",
      "> 1 | x *",
      "    |     ^",
    ],
    [
      "a bracket that is not closed",
      activation("tanh(x * (1 + x)"),
      "error T1601: network[0].activation.formula: the formula ends unexpectedly",
      "> 1 | tanh(x * (1 + x)",
      "    |                 ^",
      "  hint: add 1 closing parenthesis",
    ],
    [
      "an extra bracket",
      activation("x) + 1"),
      'error T1601: network[0].activation.formula: the formula contains an unexpected ")"',
      "> 1 | x) + 1",
      "    |  ^",
      "  hint: remove it, or add the opening parenthesis",
    ],
    [
      "a product without an operator",
      activation("2x"),
      'error T1601: network[0].activation.formula: the formula contains an unexpected "x"',
      "> 1 | 2x",
      "    |  ^",
      "  hint: add an operator before it; use * for a product",
    ],
    [
      "a power as Python writes it",
      activation("x ** 2"),
      'error T1601: network[0].activation.formula: the formula contains an unexpected "*"',
      "> 1 | x ** 2",
      "    |    ^",
      "  hint: use ^ for a power",
    ],
    [
      "comparisons in a chain",
      activation("0 < x < 1"),
      "error T1601: network[0].activation.formula: the formula contains a chain of comparisons",
      "> 1 | 0 < x < 1",
      "    | ^^^^^^^^^",
      "  hint: write a < b < c as (a < b) * (b < c)",
    ],
    [
      "a number that is too large for a double",
      activation("1e999 * x"),
      "error T1601: network[0].activation.formula: the formula contains a number that is too large",
      "> 1 | 1e999 * x",
      "    | ^^^^^",
    ],
    [
      "an empty formula",
      activation(""),
      "error T1601: network[0].activation.formula: the formula is empty",
      "> 1 |",
      "    | ^",
    ],
    [
      "a text of several lines, with the right line marked",
      activation("x *\n  tanhh(x)"),
      'error T1602: network[0].activation.formula: the formula calls the unknown function "tanhh"',
      "  1 | x *",
      "> 2 |   tanhh(x)",
      "    |   ^^^^^",
      '  hint: did you mean "tanh"?',
    ],
  ],
  "names and functions": [
    [
      "an unknown function and an unknown name: both at once",
      activation("tnh(x) + bta"),
      'error T1602: network[0].activation.formula: the formula calls the unknown function "tnh"',
      "> 1 | tnh(x) + bta",
      "    | ^^^",
      '  hint: did you mean "tanh"?',
      'error T1602: network[0].activation.formula: the formula uses the unknown name "bta"',
      "> 1 | tnh(x) + bta",
      "    |          ^^^",
      "  hint: known names in an activation: x",
    ],
    [
      "a constant's name, misspelt",
      activation("x * sigmoid(beta * x)", { constants: { bet: 1 } }),
      'error T1602: network[0].activation.formula: the formula uses the unknown name "beta"',
      "> 1 | x * sigmoid(beta * x)",
      "    |             ^^^^",
      '  hint: did you mean "bet"?',
    ],
    [
      "a function that is not called",
      activation("exp * x"),
      "error T1602: network[0].activation.formula: the formula uses the function exp without calling it",
      "> 1 | exp * x",
      "    | ^^^",
      "  hint: write exp(x)",
    ],
    [
      "a name that is called",
      activation("x(1 + x)"),
      'error T1602: network[0].activation.formula: the formula calls "x", which is not a function',
      "> 1 | x(1 + x)",
      "    | ^",
      "  hint: use * for a product",
    ],
    [
      "too many values",
      activation("exp(x, 2)"),
      "error T1603: network[0].activation.formula: the formula calls exp with 2 arguments",
      "> 1 | exp(x, 2)",
      "    | ^^^^^^^^^",
      "  hint: write exp(x)",
    ],
    [
      "too few values",
      activation("where(x > 0, x)"),
      "error T1603: network[0].activation.formula: the formula calls where with 2 arguments",
      "> 1 | where(x > 0, x)",
      "    | ^^^^^^^^^^^^^^^",
      "  hint: write where(condition, a, b)",
    ],
    [
      "a mean in an elementwise formula",
      activation("x - mean(x)"),
      "error T1602: network[0].activation.formula: the formula uses mean, which is not available in an activation",
      "> 1 | x - mean(x)",
      "    |     ^^^^",
      "  hint: an activation must compute one number from one number",
    ],
    [
      "constants with an invalid name, or with one that has another meaning",
      activation("x", { constants: { x: 1, "a-b": 2 } }),
      'error T1302: network[0].activation.constants: "x" is already a name in this formula',
      "  hint: rename the constant",
      'error T1301: network[0].activation.constants: "a-b" cannot be the name of a constant in a formula',
      "  hint: start with a letter, followed by letters, digits or underscores",
    ],
    [
      "names of properties that every object has",
      activation("constructor + __proto__ + toString(x)"),
      'error T1602: network[0].activation.formula: the formula uses the unknown name "constructor"',
      "> 1 | constructor + __proto__ + toString(x)",
      "    | ^^^^^^^^^^^",
      "  hint: known names in an activation: x",
      'error T1602: network[0].activation.formula: the formula uses the unknown name "__proto__"',
      "> 1 | constructor + __proto__ + toString(x)",
      "    |               ^^^^^^^^^",
      "  hint: known names in an activation: x",
      'error T1602: network[0].activation.formula: the formula calls the unknown function "toString"',
      "> 1 | constructor + __proto__ + toString(x)",
      "    |                           ^^^^^^^^",
      `  hint: known functions: ${Object.keys(elementary).join(", ")}, sqrt, abs, sign, floor, tan, relu, ` +
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
      'error T1602: network[0].layers[0].activation.formula: the formula calls the unknown function "tanhh"',
      "> 1 | tanhh(x)",
      "    | ^^^^^",
      '  hint: did you mean "tanh"?',
    ],
    [
      "an activation layer",
      {
        network: [
          { type: "activation", fn: { formula: "sin(y)" } },
          { type: "dense", units: 3 },
        ],
      },
      'error T1602: network[0].fn.formula: the formula uses the unknown name "y"',
      "> 1 | sin(y)",
      "    |     ^",
      "  hint: known names in an activation: x",
    ],
  ],
  "losses and metrics": [
    [
      "a value for each row instead of one",
      loss("(prediction - target)^2"),
      "error T1604: loss.formula: the formula uses prediction outside any sum or mean",
      "> 1 | (prediction - target)^2",
      "    |  ^^^^^^^^^^",
      "  hint: write that part inside mean(…), because the formula must compute a single number",
    ],
    [
      "rows next to a mean",
      loss("mean(prediction) * target"),
      "error T1604: loss.formula: the formula uses target outside any sum or mean",
      "> 1 | mean(prediction) * target",
      "    |                    ^^^^^^",
      "  hint: write that part inside mean(…), because the formula must compute a single number",
    ],
    [
      "a mean in a mean",
      loss("mean((target - mean(target))^2)"),
      "error T1604: loss.formula: the formula applies mean inside another sum or mean",
      "> 1 | mean((target - mean(target))^2)",
      "    |                ^^^^^^^^^^^^",
      "  hint: it would need a second pass over the data; write mean((a - mean(a))^2) as mean(a^2) - mean(a)^2",
    ],
    [
      "the mean of one number",
      loss("mean(2) * mean(prediction)"),
      "error T1604: loss.formula: the formula applies mean to a single number",
      "> 1 | mean(2) * mean(prediction)",
      "    | ^^^^^^^",
      "  hint: the argument must have a value per element, such as prediction or target",
    ],
    [
      "an unknown input",
      loss("mean(weight * (prediction - target)^2)"),
      'error T1602: loss.formula: the formula uses the unknown name "weight"',
      "> 1 | mean(weight * (prediction - target)^2)",
      "    |      ^^^^^^",
      "  hint: known names in a loss: x, y, prediction, target",
    ],
    [
      "a metric without a name",
      metric({ formula: "mean(prediction)" }),
      "error T1102: metrics[0].name is missing: it must be a string",
    ],
    [
      "a metric with a name that has another meaning",
      metric({ name: "accuracy", formula: "mean(prediction)" }),
      'error T1302: metrics[0].name is "accuracy", which is already the name of a loss or metric in reports',
      "  hint: rename the metric",
    ],
    [
      "two metrics of one name",
      {
        metrics: [
          { name: "m", formula: "mean(prediction)" },
          { name: "m", formula: "mean(target)" },
        ],
      },
      'error T1302: metrics[1]: the metric "m" appears twice',
    ],
    [
      "a formula together with a type",
      { loss: { type: "mse", formula: "mean(prediction)" } },
      'error T1208: loss: "formula" cannot be combined with the other keys',
      "  hint: allowed keys: type",
    ],
  ],
  "schedules and optimizers": [
    [
      "a schedule without an initial rate",
      schedule({ formula: "0.1 / (1 + step)" }),
      "error T1102: optimizer.learningRate.initial is missing: it must be a positive number",
    ],
    [
      "a misspelt step",
      schedule({ formula: "initial * 0.9^stp", initial: 0.1 }),
      'error T1602: optimizer.learningRate.formula: the formula uses the unknown name "stp"',
      "> 1 | initial * 0.9^stp",
      "    |               ^^^",
      '  hint: did you mean "step"?',
    ],
    [
      "a line that assigns nothing",
      optimizer("parameter - rate * gradient"),
      'error T1601: optimizer.formula: the formula contains an unexpected "-"',
      "> 1 | parameter - rate * gradient",
      "    |           ^",
      '  hint: a line must assign a value: "parameter = parameter - rate * gradient"',
    ],
    [
      "a state that is read and never assigned",
      optimizer(["state.m = 0.9 * state.m + gradient", "parameter = parameter - rate * state.n"]),
      "error T1605: optimizer.formula[1]: the formula reads state.n, but no line assigns it",
      "> 1 | parameter = parameter - rate * state.n",
      "    |                                ^^^^^^^",
      '  hint: did you mean "state.m"?',
    ],
    [
      "a name that is read before it is assigned",
      optimizer(["parameter = parameter - rate * m", "m = gradient"]),
      "error T1605: optimizer.formula[0]: the formula reads m before a line assigns it",
      "> 1 | parameter = parameter - rate * m",
      "    |                                ^",
      "  hint: lines run in order; to keep a value from step to step, name it state.NAME",
    ],
    [
      "no line for the parameter",
      optimizer(["m = gradient"]),
      "error T1605: optimizer.formula: the formula does not assign a value to parameter",
      "> 1 | m = gradient",
      "    | ^",
      '  hint: add a line such as "parameter = parameter - rate * gradient"',
    ],
    [
      "names that cannot be assigned",
      optimizer(["rate = 1", "state.step = step", "a.b = 2", "exp = 1", "parameter = parameter - gradient"]),
      "error T1605: optimizer.formula[0]: the formula assigns a value to rate, which is read-only",
      "> 1 | rate = 1",
      "    | ^^^^",
      "  hint: choose another name",
      'error T1605: optimizer.formula[1]: the formula uses the invalid state name "step"',
      "> 1 | state.step = step",
      "    | ^^^^^^^^^^",
      "  hint: choose another name for the state",
      "error T1605: optimizer.formula[2]: the formula assigns a value to a.b, which is not a valid name",
      "> 1 | a.b = 2",
      "    | ^^^",
      "  hint: use a name without a dot, or state.NAME for a value that is kept from step to step",
      "error T1605: optimizer.formula[3]: the formula assigns a value to exp, which is the name of a function or constant",
      "> 1 | exp = 1",
      "    | ^^^",
      "  hint: choose another name",
    ],
  ],
};

for (const [title, cases] of Object.entries(rows))
  describe(title, () => {
    for (const [intent, changes, ...expected] of cases)
      it(intent, () => expect(faultsOf(specWith(changes))).toBe(expected.join("\n")));
  });

describe("errors that depend on shapes are reported", () => {
  const faultOf = (changes: Record<string, unknown>): string => {
    try {
      buildGraphs(parseModel(specWith(changes)), "f32");
      return "no fault";
    } catch (error) {
      if (error instanceof DiagnosticError) return error.message;
      throw error;
    }
  };

  it("for values that do not fit together, at the part that combines them", () => {
    expect(faultOf(loss("mean(2 * prediction * x)"))).toBe(
      [
        "error T1604: loss.formula: the formula combines values whose shapes do not match: multiply(f32[n,3], " +
          "f32[n,4]): shapes [n,3] and [n,4] cannot be broadcast together: 3 and 4 at axis 1",
        "> 1 | mean(2 * prediction * x)",
        "    |      ^^^^^^^^^^^^^^^^^^",
      ].join("\n"),
    );
  });

  it("for an output that does not fit its target", () => {
    expect(faultOf({ ...loss("mean(prediction - target)"), targets: { y: { shape: [2] } } })).toBe(
      [
        "error T1401: loss: formula compares element by element, but the output has the shape [n, " +
          "3] and the target has the shape [n, 2]",
        '  hint: set "units" of network[1] (dense2) to 2, or "shape" of y to [3]',
        "  note: the loss compares the output of dense2 with the target y",
      ].join("\n"),
    );
    expect(faultOf({ loss: { formula: "mean(prediction)" }, targets: { y: { classes: 4 } } })).toContain(
      "T1401: loss: formula needs an output of the shape [n, 4], one number per class, got [n, 3]",
    );
  });

  it("for a number that does not depend on the rows", () => {
    const what = "the formula must use sum or mean, because otherwise its result does not depend on the rows";
    expect(faultOf(loss("2 + pi"))).toBe(`error T1604: loss: ${what}`);
    expect(faultOf(metric({ name: "m", formula: "1" }))).toBe(`error T1604: metrics[0]: ${what}`);
  });

  it("for a loss that does not depend on the network", () => {
    expect(faultOf(loss("mean(target)"))).toContain("T1502: dense1.weight would get no gradient");
  });

  it("for the key state together with lines, which declare states themselves", () => {
    expect(faultOf(optimizer("parameter = parameter - rate * gradient", { state: ["m"] }))).toBe(
      "error T1203: optimizer.state applies only to a function; remove it, because lines declare their states by assigning them",
    );
  });

  it("for an activation without a gradient", () => {
    expect(faultOf(activation("x > 0"))).toContain(
      "T1502: dense1.weight would get no gradient: the loss does not depend on it",
    );
  });
});
