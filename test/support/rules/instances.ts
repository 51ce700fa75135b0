// For each rewrite rule, by name: a random left-hand side.
import { arithmeticInstances } from "./arithmetic-instances.ts";
import type { Instances } from "./arithmetic-instances.ts";
import { choiceInstances } from "./choice-instances.ts";
import { contractionInstances } from "./contraction-instances.ts";
import { quotientInstances } from "./quotient-instances.ts";
import { softmaxInstances } from "./softmax-instances.ts";
import { sumInstances } from "./sum-instances.ts";
import { viewInstances } from "./view-instances.ts";

export const instances: Instances = {
  ...arithmeticInstances,
  ...choiceInstances,
  ...viewInstances,
  ...sumInstances,
  ...contractionInstances,
  ...quotientInstances,
  ...softmaxInstances,
};
