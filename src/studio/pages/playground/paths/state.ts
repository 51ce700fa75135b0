/** What is set in the view of paths: it is part of the address. */
import { optimizers, usual } from "./optimizers.ts";
import { surfaces, type Point, type Range, type Surface } from "./surfaces.ts";

export interface PathsState {
  readonly formula: string;
  readonly range: Range;
  readonly start: Point;
  /** How many steps each optimizer takes, and up to which of them is shown. */
  readonly steps: number;
  readonly shown: number;
  /** The optimizers that are on, and the learning rates of all. */
  readonly on: readonly string[];
  readonly rates: Readonly<Record<string, number>>;
}

/** How many steps may be chosen. */
export const stepChoices = [50, 100, 300, 1000] as const;

/** A named surface as it comes: with its own range, start and learning rates. */
export function stateOfSurface(
  { formula, range, start, rates }: Surface,
  kept: Partial<PathsState> = {},
): PathsState {
  const { on = usual, steps = 300 } = kept;
  const all = optimizers.map(({ name, rate }) => [name, rates[name] ?? rate]);
  return { formula, range, start, steps, shown: steps, on, rates: Object.fromEntries(all) };
}

export const firstState = (): PathsState => stateOfSurface(Object.values(surfaces)[0]);

/** From an address, so from anyone. @throws Error if it is none */
export function readPathsState(value: unknown): PathsState {
  const of = (key: string, owner: unknown = value): unknown =>
    typeof owner === "object" && owner !== null
      ? Object.getOwnPropertyDescriptor(owner, key)?.value
      : undefined;
  const [left, right, bottom, top] = numbersIn(of("range"), 4);
  const [x, y] = numbersIn(of("start"), 2);
  const [steps, shown] = numbersIn([of("steps"), of("shown")], 2);
  const [formula, on, rates] = [of("formula"), of("on"), of("rates")];
  const isKnown = stepChoices.some((choice) => choice === steps) && shown >= 0 && shown <= steps;
  if (typeof formula !== "string" || !Array.isArray(on) || !isKnown || left >= right || bottom >= top)
    throw new Error("the link is broken");
  const rateOf = (name: string) => numbersIn([of(name, rates)], 1)[0];
  return {
    formula: formula.replaceAll(/\s+/g, " "),
    range: [left, right, bottom, top],
    start: [x, y],
    steps,
    shown: Math.round(shown),
    on: optimizers.map(({ name }) => name).filter((name) => on.includes(name)),
    rates: Object.fromEntries(optimizers.map(({ name }) => [name, rateOf(name)])),
  };
}

function numbersIn(value: unknown, count: number): number[] {
  if (!Array.isArray(value) || value.length !== count || !value.every(Number.isFinite))
    throw new Error("the link is broken");
  return value.map(Number);
}
