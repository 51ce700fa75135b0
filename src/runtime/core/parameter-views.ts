// The model's parameters and their gradients as live views of the arena, in which each lie one after the other.
import type { Numbers } from "./machine.ts";
import { sizeOf, type ModelFacts } from "./model-facts.ts";

/** By name: where tensors lie that stand in this order from `start` on. */
export function viewsOf(
  f: Numbers,
  start: number,
  tensors: ModelFacts["parameters"],
): Record<string, Numbers> {
  const view = ({ shape }: { shape: number[] }) => f.subarray(start, (start += sizeOf(shape)));
  return Object.fromEntries(tensors.map((tensor) => [tensor.name, view(tensor)]));
}
