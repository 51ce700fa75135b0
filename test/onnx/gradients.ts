// Derivatives of the tests of ONNX. The loss is a weighted sum of all real outputs. For each real input x and a random
// direction d, the derived gradient gives ⟨∂loss/∂x, d⟩, and ONNX's reference evaluator in f64 gives the central
// difference along d (`central_differences.py`).
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as z from "zod";
import { makeGraph } from "../../src/compiler/ir/nodes.ts";
import type { Node } from "../../src/compiler/ir/nodes.ts";
import { isFloat, sizeOf } from "../../src/compiler/ir/types.ts";
import { isKnown } from "../../src/compiler/library/onnx/values.ts";
import { gradientsOfSum } from "../../src/compiler/passes/derivatives/gradients-of.ts";
import { runWasm, wasmOf } from "../support/run-wasm.ts";
import { streamOf } from "../support/tensors.ts";
import { firstBuilt, readOrRefuse, root } from "./suite.ts";
import type { Suite } from "./suite.ts";

/** A derivative along a direction of one input of one test. */
export interface Configuration {
  readonly suite: Suite;
  readonly test: string;
  /** The number of the input. */
  readonly input: number;
  readonly direction: readonly number[];
  /** The weights of the outputs; an empty list for an output that is not real. */
  readonly weights: readonly (readonly number[])[];
  /** ⟨gradient, d⟩, and the sum of the absolute values of its terms. */
  readonly derived: number;
  readonly magnitude: number;
}

const drawn = (stream: ReturnType<typeof streamOf>, count: number): number[] =>
  Array.from({ length: count }, () => 2 * stream.unit() - 1);

/** The configurations of a test; none if the model is not supported or has no derivative. */
export async function configurationsOf(suite: Suite, test: string): Promise<Configuration[]> {
  const read = readOrRefuse(join(root, suite, test));
  const found = typeof read === "string" ? read : firstBuilt(read);
  if (typeof found === "string" || typeof read === "string") return [];
  const { g, results, given } = found;
  const stream = streamOf(test.length);
  const isReal = (value: (typeof results)[number]): value is Node =>
    !isKnown(value) && isFloat(value.type.element);
  const weights = results.map((value) => (isReal(value) ? drawn(stream, sizeOf(value.type.shape, 1)) : []));
  const terms = results.flatMap((value, i) => {
    if (!isReal(value)) return [];
    const weight = g.input({ name: `weight ${i}`, type: value.type });
    given.set(`weight ${i}`, { shape: value.type.shape.map(Number), data: Float64Array.from(weights[i]) });
    return [g.reduceSum(g.multiply(weight, value), { axes: value.type.shape.map((_, axis) => axis) })];
  });
  if (terms.length === 0) return [];
  const loss = terms.reduce((sum, term) => g.add(sum, term));
  const inputs = read.model.inputs.flatMap(({ name }, i) => {
    const leaf = found.leaves.find((each) => each.name === `input ${name}`);
    return leaf === undefined || read.inputs[i].element !== "real" ? [] : [{ i, node: leaf.node }];
  });
  if (inputs.length === 0) return [];
  const gradients = gradientsOfSum(
    g,
    loss,
    inputs.map(({ node }) => node),
  );
  const graph = makeGraph(
    "gradient",
    gradients.map((node, i) => ({ storage: `gradient ${i}`, node })),
  );
  const values = runWasm(await wasmOf(graph, { batchSize: 1, vectors: true }), given, 1, 1);
  return inputs.map(({ i }, k) => {
    const gradient = values.get(`gradient ${k}`)?.data ?? new Float64Array();
    const direction = drawn(stream, gradient.length);
    const products = direction.map((d, at) => d * gradient[at]);
    return {
      suite,
      test,
      input: i,
      direction,
      weights,
      derived: products.reduce((sum, x) => sum + x, 0),
      magnitude: products.reduce((sum, x) => sum + Math.abs(x), 0),
    };
  });
}

const reply = z.union([
  z.object({ differences: z.array(z.number().nullable()) }),
  z.object({ refused: z.string() }),
]);

export type Verdict =
  | { readonly kind: "agrees"; readonly error: number }
  | { readonly kind: "differs"; readonly text: string }
  | { readonly kind: "kink" }
  | { readonly kind: "no reference"; readonly reason: string };

/** Compares with central differences for the steps h and h/2, and distinguishes kinks from errors. */
export function verdictsOf(configurations: readonly Configuration[]): Verdict[] {
  const requests = configurations.map(({ suite, test, input, direction, weights }) =>
    JSON.stringify({ folder: join(root, suite, test), input, direction, weights }),
  );
  const script = fileURLToPath(new URL("central_differences.py", import.meta.url));
  const { stdout, stderr } = spawnSync("/usr/bin/python3", [script], {
    input: requests.join("\n"),
    encoding: "utf8",
    maxBuffer: 2 ** 28,
  });
  const lines = stdout.trim().split("\n");
  if (lines.length !== requests.length)
    throw new Error(`the reference evaluator ended early: ${stderr.slice(-2000)}`);
  return configurations.map((configuration, i) =>
    verdictOf(configuration, reply.parse(JSON.parse(lines[i]))),
  );
}

function verdictOf(
  { derived, magnitude, suite, test, input }: Configuration,
  answer: z.infer<typeof reply>,
): Verdict {
  if ("refused" in answer) return { kind: "no reference", reason: answer.refused };
  const [central, half, left, right] = answer.differences;
  if (central === null || half === null || left === null || right === null || !Number.isFinite(derived))
    return { kind: "no reference", reason: "a number that is not finite" };
  // Richardson extrapolation: the error of a central difference is proportional to h².
  const expected = (4 * half - central) / 3;
  const scale = Math.max(magnitude, Math.abs(expected), 1e-3);
  const error = Math.abs(derived - expected) / scale;
  if (error <= 1e-6) return { kind: "agrees", error };
  // At a kink, the one-sided quotients differ; at a jump, or if the derivative has a kink, so do those of h and h/2.
  if (Math.abs(left - right) > 1e-3 * scale || Math.abs(central - half) > 1e-7 * scale)
    return { kind: "kink" };
  return {
    kind: "differs",
    text: `${suite}/${test}, input ${input}: ${derived}, but central differences give ${expected}`,
  };
}
