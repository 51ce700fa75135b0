// Values for the leaves of a graph under test. They come from several mixtures, because values that reveal a
// lost sign of zero do not reveal an overflow.
import type { Graph } from "../../../src/compiler/ir/nodes.ts";
import { leafName } from "../../../src/compiler/ir/nodes.ts";
import { boundShape } from "../../../src/compiler/ir/types.ts";
import { countOf } from "../../../src/compiler/ops/tensor.ts";
import type { Tensor } from "../../../src/compiler/ops/tensor.ts";
import type { Random } from "../../../src/runtime/numbers/random.ts";

type Kind =
  | "ordinary"
  | "small whole"
  | "zero"
  | "subnormal"
  | "tiny"
  | "huge"
  | "root of tiny"
  | "root of huge"
  | "any exponent"
  | "infinite"
  | "not a number";

/**
 * Each mixture is a list of kinds of numbers; a kind that occurs several times is drawn more often. The first
 * mixture has ordinary numbers, the second one subnormal numbers.
 */
const mixtures: readonly (readonly [Kind, ...Kind[]])[] = [
  ["ordinary"],
  ["subnormal"],
  ["root of tiny", "root of tiny", "root of huge"],
  ["small whole", "small whole", "small whole", "zero"],
  ["ordinary", "ordinary", "zero", "subnormal", "tiny", "huge", "any exponent"],
  ["huge", "ordinary"],
  ["subnormal", "tiny", "tiny", "ordinary"],
  ["small whole", "small whole", "zero", "infinite", "not a number"],
  ["ordinary", "ordinary", "ordinary", "zero", "subnormal", "huge", "infinite", "not a number"],
];

type MixtureOf = (random: Random) => readonly Kind[];

/** Selects a random mixture for each leaf. */
const anyMixture: MixtureOf = (random) => mixtures[random.below(mixtures.length)];
/**
 * Selects ordinary numbers for some leaves and subnormal numbers for others, so that quotients and products
 * underflow.
 */
const ordinaryOrSubnormal: MixtureOf = (random) => mixtures[random.below(2)];

export const draws: readonly MixtureOf[] = [
  ...mixtures.map((mixture) => () => mixture),
  anyMixture,
  anyMixture,
  anyMixture,
  ordinaryOrSubnormal,
  ordinaryOrSubnormal,
];

const ranges = {
  f64: { subnormal: -1074, tiny: -1022, huge: 1023 },
  f32: { subnormal: -149, tiny: -126, huge: 127 },
};

function size(kind: Kind, float: "f32" | "f64", random: Random): number {
  const { subnormal, tiny, huge } = ranges[float];
  const fraction = 1 + random.unit();
  const between = (low: number, high: number) => low + random.below(high - low + 1);
  switch (kind) {
    case "ordinary":
      return fraction * 2 ** between(-2, 1);
    case "small whole":
      return 1 + random.below(4);
    case "zero":
      return 0;
    case "subnormal":
      return fraction * 2 ** between(subnormal, tiny - 1);
    case "tiny":
      return fraction * 2 ** between(tiny, tiny + 20);
    case "huge":
      return (fraction / 2 + 0.5) * 2 ** between(huge - 2, huge);
    case "root of tiny":
      return fraction * 2 ** Math.floor(between(tiny - 12, tiny + 2) / 2);
    case "root of huge":
      return fraction * 2 ** Math.floor(between(huge - 4, huge + 2) / 2);
    case "any exponent":
      return fraction * 2 ** between(tiny, huge - 1);
    case "infinite":
      return Infinity;
    case "not a number":
      return NaN;
  }
}

/**
 * Values for all leaves by the name of their storage. `mixtureOf` selects the mixture of each leaf; bools are
 * 0 or 1.
 */
export function drawOperands(
  graph: Graph,
  rows: number,
  mixtureOf: MixtureOf,
  random: Random,
): Map<string, Tensor> {
  const values = new Map<string, Tensor>();
  for (const node of graph.nodes) {
    const name = leafName(node);
    if (name === undefined || values.has(name)) continue;
    const { element } = node.type;
    const mixture = mixtureOf(random);
    const shape = boundShape(node.type.shape, rows);
    const data = new Float64Array(countOf(shape)).map(() => {
      if (element === "bool" || element === "i32") return random.below(2);
      const value = size(mixture[random.below(mixture.length)], element, random);
      const signed = random.below(2) === 0 ? value : -value;
      return element === "f32" ? Math.fround(signed) : signed;
    });
    values.set(name, { shape, data });
  }
  return values;
}
