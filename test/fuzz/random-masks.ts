/**
 * Sometimes adds padding to a random spec: its sequences get lengths or a padding value, and some layer
 * ignores masks. The rest of the spec is unchanged.
 */
import type { Json, JsonObject } from "./random-parts.ts";
import type { Random } from "./random.ts";

/** The name of the input with the lengths. */
const lengths = "count";

const isSequence = ({ shape, dtype }: JsonObject): boolean =>
  Array.isArray(shape) && shape.length === (dtype === "i32" ? 1 : 2);

function padded(random: Random, input: JsonObject): JsonObject {
  if (!isSequence(input)) return input;
  if (random.chance(0.6)) return { ...input, lengths };
  // Index 0 occurs often enough to serve as padding. Real numbers are 0 only if all inputs are whole numbers.
  return { ...input, padding: 0 };
}

export function withMasks(random: Random, spec: JsonObject): JsonObject {
  const inputs = Object(spec.inputs) as Readonly<Record<string, JsonObject>>;
  const isMasked = Object.values(inputs).some(isSequence) && random.chance(0.5);
  if (!isMasked) return spec;
  const declared = Object.entries(inputs).map(([name, input]) => [name, padded(random, input)] as const);
  const needsLengths = declared.some(([, input]) => input.lengths !== undefined);
  const all: Readonly<Record<string, Json>> = {
    ...Object.fromEntries(declared),
    ...(needsLengths && { [lengths]: { shape: random.chance(0.5) ? [] : [1], dtype: "i32" } }),
  };
  const network = spec.network as readonly JsonObject[];
  const deaf = random.chance(0.15) ? random.whole(0, network.length - 1) : undefined;
  return {
    ...spec,
    inputs: all,
    network: network.map((layer, i) => (i === deaf ? { ...layer, mask: false } : layer)),
  };
}
