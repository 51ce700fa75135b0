/** The closed table of initialisers. To add an initialiser, define it in this folder and add a line here. */
import type { Choice } from "../../util/choice.ts";
import type { Activation, Fans, Initialiser } from "../define.ts";
import {
  constant,
  heNormal,
  heUniform,
  lecunNormal,
  lecunUniform,
  normal,
  ones,
  orthogonal,
  uniform,
  xavierNormal,
  xavierUniform,
  zeros,
} from "./builtin.ts";

export const initialisers = {
  "lecun-uniform": lecunUniform,
  "lecun-normal": lecunNormal,
  "xavier-uniform": xavierUniform,
  "xavier-normal": xavierNormal,
  "he-uniform": heUniform,
  "he-normal": heNormal,
  orthogonal,
  uniform,
  normal,
  constant,
  zeros,
  ones,
} satisfies Record<string, Initialiser>;

/** An initialiser in the canonical spec. */
export type InitialiserChoice = Choice<typeof initialisers>;

export const initialiserOf = ({ type }: InitialiserChoice): Initialiser => initialisers[type];

/** The default initialiser for weights that precede an activation of that family. */
export const defaultInitialiser = (family: Activation["family"]): InitialiserChoice => ({
  type: `${family}-uniform`,
});

/**
 * The fans of a weight of this shape. Its last axis is the axis of units. Each unit reads all elements of the
 * other axes.
 */
export function fansOf(shape: readonly number[]): Fans {
  const out = shape.at(-1) ?? 1;
  return { in: shape.reduce((product, size) => product * size, 1) / out, out };
}

/** The text for the comment on a parameter, such as "he-uniform, fan-in 64" or "normal, mean 0, std 0.1". */
export function initialiserText(chosen: InitialiserChoice, fans: Fans): string {
  const { reads } = initialiserOf(chosen);
  const read = [
    ...(reads === "nothing" ? [] : [`fan-in ${fans.in}`]),
    ...(reads === "both fans" ? [`fan-out ${fans.out}`] : []),
  ];
  const { type, ...keys } = chosen;
  return [type, ...read, ...Object.entries(keys).map(([key, value]) => `${key} ${value}`)].join(", ");
}
