/**
 * The graph of an ONNX file as a layer. The layer's input takes the place of the input of the file, and the weights of
 * the file become parameters with these initial values.
 *
 * An initialiser of the file is a weight if it has at least one axis, consists of finite real numbers, and the graph
 * computes with its elements. All other initialisers are constants: scalars, integers, masks with infinite numbers,
 * and lists that an operator reads as sizes or factors. The means and variances of BatchNormalization are parameters
 * that are never trained.
 */
import * as z from "zod";
import type { GraphBuilder } from "../../ir/builder.ts";
import { collectNodes, leafName } from "../../ir/nodes.ts";
import type { Node } from "../../ir/nodes.ts";
import { overflowsSingle, sameShape, singleRange, sizeOf, tensorType } from "../../ir/types.ts";
import { nameMaker } from "../../util/name-maker.ts";
import { matchesPattern } from "../../util/name-pattern.ts";
import { didYouMean, showNames, showValue } from "../../util/message-text.ts";
import { cutModel } from "../onnx/cut-model.ts";
import type { CutModel } from "../onnx/cut-model.ts";
import { importGraph } from "../onnx/import-graph.ts";
import { shapeOfInput } from "../onnx/model.ts";
import type { ModelInput, ModelNode, TensorData } from "../onnx/model.ts";
import { elementOf, isKnown, knownTensor, typeOfElement } from "../onnx/values.ts";
import type { Known, Value } from "../onnx/values.ts";
import { defineLayer, givenText, shapeText } from "./layer.ts";
import type { GivenParameter, LayerContext, LayerInput } from "./layer.ts";

/** `true`, `false`, or patterns of the names of the parameters that are trained. */
type Trainable = boolean | readonly string[];

/** The layer of the canonical spec: `start` and `until` are names of values in the file with the SHA-256 `hash`. */
export const importedOnnx = defineLayer({
  name: "onnx",
  about: "the graph of an ONNX file, or a part of it; the weights of the file are the initial parameters",
  keys: {
    file: z.string(),
    hash: z.string(),
    start: z.string().optional(),
    until: z.string().optional(),
    trainable: z.custom<Trainable>(),
  },
  takes: "one input",
  mask: "ends",
  build: (context, [input], { file, start, until, trainable }) => {
    const cut = cutModel(context.modelFile(file), { from: start, until });
    checkInput(context, input, file, cut);
    const parameters = parametersOf(context, file, cut, trainable);
    const { g } = context;
    const results = importGraph(cut, {
      g,
      inputs: new Map([...cut.sizes.map((size) => rowsOf(g, size)), [cut.input.name, input.node]]),
      initialiser: parameters.initialiser,
      constant: parameters.constant,
      around: (node, build) => g.within({ composite: labelOf(node) }, build),
    });
    const value = checkedOutput(context, file, cut.output, results.get(cut.output));
    context.given(parameters.readBy(value));
    return value.type.element === "bool" ? g.cast(value, { element: g.float }) : value;
  },
});

/** The layer as a spec writes it. */
export const onnx = {
  ...importedOnnx,
  keys: {
    file: z.string().min(1).describe("The ONNX file. Its path is relative to the spec."),
    from: z
      .union([z.string(), z.array(z.string()).min(1)])
      .optional()
      .describe(
        "The input or earlier layer that the layer reads, or the value of the file at which the graph begins, or a " +
          "list of both; by default, the previous layer and the input of the file.",
      ),
    until: z
      .string()
      .min(1)
      .optional()
      .describe(
        "The value of the file at which the graph ends, or the node that computes it; by default, the output of the " +
          "file.",
      ),
    trainable: z
      .union([z.boolean(), z.array(z.string().min(1)).min(1)])
      .default(true)
      .describe(
        "If false, the layer is frozen. A list of patterns such as `conv1.*` trains only the parameters with these " +
          "names.",
      ),
  },
};

/** Checks the shape and the element type of the layer's input. The first axis is the batch, whatever the file says. */
function checkInput(
  context: LayerContext,
  input: LayerInput,
  file: string,
  { input: { name, element, shape } }: CutModel,
): void {
  if (element === undefined || shape === undefined) return;
  const given = input.node.type.shape;
  const own = elementOf(input.node);
  if (own !== element)
    context.refuse(
      `${context.layer}: the input ${showValue(name)} of ${file} has ${element} elements, ` +
        `but ${input.name} has ${own} ones`,
      {
        hint:
          element === "integer"
            ? `declare "dtype": "i32" in inputs.${input.name} if its values are indices`
            : undefined,
      },
    );
  const fits =
    shape.length === given.length &&
    shape.every((size, axis) => axis === 0 || typeof size !== "number" || size === given[axis]);
  if (!fits)
    context.refuse(
      `${context.layer}: the input ${showValue(name)} of ${file} has the shape ` +
        `[${shape.map((size) => size ?? "?").join(", ")}], but ${givenText([input])}`,
      { hint: shapeHint(shape.slice(1), given.slice(1)) },
    );
}

/** A value in place of an input of which only the shape is read. The layer has as many rows as the input. */
const rowsOf = (g: GraphBuilder, { name, element, shape }: ModelInput): readonly [string, Node] => {
  const type = typeOfElement(element, g.float);
  const [, ...sizes] = shapeOfInput({ name, element, shape });
  const zero = type === "bool" ? g.equal(g.number(0), g.number(1)) : g.number(0, type);
  return [name, g.broadcastTo(zero, ["n", ...sizes])];
};

function shapeHint(
  wanted: readonly (number | string | undefined)[],
  given: readonly (number | "n")[],
): string | undefined {
  const sizes = wanted.flatMap((size) => (typeof size === "number" ? [size] : []));
  if (sizes.length < wanted.length || given.includes("n")) return undefined;
  if (given.length === sizes.length && sameShape(given.toSorted(), sizes.toSorted()))
    return `ONNX images have their channels first: store each row channel by channel, in the shape ${shapeText(sizes)}`;
  if (sizeOf(sizes, 1) === sizeOf(given, 1))
    return `insert { "type": "reshape", "shape": ${shapeText(sizes)} } before it`;
  return undefined;
}

function checkedOutput(context: LayerContext, file: string, name: string, value: Value | undefined): Node {
  const { layer } = context;
  if (value === undefined || isKnown(value))
    return context.refuse(`${layer}: the value ${showValue(name)} of ${file} does not depend on the data`);
  if (value.type.shape[0] === "n") return value;
  return context.refuse(
    `${layer}: the value ${showValue(name)} of ${file} has the shape ${shapeText(value.type.shape)}, ` +
      "whose first axis is not the batch",
    {
      hint:
        "end the graph elsewhere with `until`, or export the file with a variable batch size " +
        "(in PyTorch: dynamic_axes)",
    },
  );
}

// Parameters.

/** Characters that names of parameters and values may have; a name of a file may have any. */
const cleaned = (name: string): string =>
  name
    .slice(0, 128)
    .replace(/[^A-Za-z0-9_.-]+/g, "_")
    .replace(/^[_.-]+/, "") || "value";

/** What the nodes that a node of the file builds are part of, such as `layer1_conv1_Conv`. */
const labelOf = ({ name, operator }: ModelNode): string => {
  const label = cleaned(name);
  return /[A-Za-z]/.test(label) ? label : `${cleaned(operator)}_${label}`;
};

interface Parameters {
  initialiser(name: string, data: TensorData): Value;
  constant(name: string, value: Known): Node;
  /** The parameters from which the value is computed, in the order of the file. */
  readBy(value: Node): readonly GivenParameter[];
}

function parametersOf(context: LayerContext, file: string, cut: CutModel, trainable: Trainable): Parameters {
  const { g, layer } = context;
  const found: GivenParameter[] = [];
  const unique = nameMaker([], "_");
  const statistics = statisticsOf(cut);
  const isTrained = patternsOf(context, trainable);
  const add = (
    own: string,
    shape: readonly number[],
    { values, about, original }: { values: ArrayLike<number>; about: string; original?: string },
  ): Node => {
    const name = `${layer}.${unique(own)}`;
    const node = g.named(name, g.parameter({ name, type: tensorType(g.float, shape) }));
    const isWeight = original !== undefined && !statistics.has(original);
    const trainable = isWeight && isTrained.matches([original, name.slice(layer.length + 1)]);
    found.push({ node, shape, values, trainable, about: `${about} of ${file}` });
    return node;
  };
  return {
    initialiser(name, data) {
      if (!isWeight(data)) return knownTensor(data);
      if (g.float === "f32" && Array.from(data.values).some(overflowsSingle))
        context.refuse(`${layer}: ${showValue(name)} of ${file} has numbers that are too large for f32`, {
          code: "T1313",
          hint: singleRange.most,
        });
      return add(cleaned(name), data.shape, { values: data.values, about: showValue(name), original: name });
    },
    constant: (_, value) =>
      constantNode(context, value, (values) => add("constant", value.shape, { values, about: "a constant" })),
    readBy(value) {
      const names = new Set(collectNodes([{ storage: layer, node: value }]).map(leafName));
      const read = found.filter(({ node }) => names.has(leafName(node)));
      isTrained.checkAll(read.map(({ node }) => (leafName(node) ?? "").slice(layer.length + 1)));
      return read;
    },
  };
}

/** Whether an initialiser is a weight, if the graph computes with its elements. */
const isWeight = ({ element, shape, values }: TensorData): boolean =>
  element === "real" && shape.length > 0 && values.length > 0 && Array.from(values).every(Number.isFinite);

/** The names of means and variances. */
const statisticsOf = ({ nodes }: CutModel): ReadonlySet<string> =>
  new Set(
    nodes.flatMap(({ operator, inputs }) => (operator === "BatchNormalization" ? inputs.slice(3, 5) : [])),
  );

/** The largest integer up to which f32 represents every integer. */
const largestSingle = 2 ** 24;

/** A constant as a node. Storage has only real numbers, so that integers and booleans are converted. */
function constantNode(
  context: LayerContext,
  { element, values }: Known,
  add: (values: ArrayLike<number>) => Node,
): Node {
  const { g } = context;
  const numbers = Float64Array.from(values, Number);
  if (element === "integer" && g.float === "f32" && numbers.some((x) => Math.abs(x) > largestSingle))
    context.refuse(
      `${context.layer}: a constant of the file has integers above 2²⁴, which f32 cannot represent`,
      {
        hint: "compile with --dtype f64",
      },
    );
  const stored = add(numbers);
  if (element === "real") return stored;
  return element === "integer" ? g.cast(stored, { element: "i32" }) : isOne(g, stored);
}

const isOne = (g: GraphBuilder, x: Node): Node => g.equal(x, g.number(1));

// Patterns of names.

interface Patterns {
  /** Whether a parameter with these names, that of the file and that of the layer, is trained. */
  matches(names: readonly string[]): boolean;
  /** Refuses a pattern that no parameter matched. `names` are the parameters of the layer. */
  checkAll(names: readonly string[]): void;
}

function patternsOf(context: LayerContext, trainable: Trainable): Patterns {
  if (typeof trainable === "boolean") return { matches: () => trainable, checkAll: () => {} };
  const matched = new Set<string>();
  return {
    matches(names) {
      const fitting = trainable.filter((pattern) => names.some((name) => matchesPattern(name, pattern)));
      fitting.forEach((pattern) => matched.add(pattern));
      return fitting.length > 0;
    },
    checkAll(names) {
      const idle = trainable.find((pattern) => !matched.has(pattern));
      if (idle === undefined) return;
      const similar = didYouMean(idle, names);
      context.refuse(
        `${context.layer}: no trainable parameter of the layer has the name ${showValue(idle)}`,
        {
          key: "trainable",
          code: "T1303",
          hint:
            similar === undefined ? `parameters: ${showNames(names)}` : `did you mean ${showValue(similar)}?`,
        },
      );
    },
  };
}
