// A random left-hand side of every rewrite rule, by the name of the rule.
import { arithmeticInstances } from "./arithmetic-instances.ts";
import type { Instances } from "./arithmetic-instances.ts";
import { contractionInstances } from "./contraction-instances.ts";
import { softmaxInstances } from "./softmax-instances.ts";
import { viewInstances } from "./view-instances.ts";

export const instances: Instances = {
  ...arithmeticInstances,
  ...viewInstances,
  ...contractionInstances,
  ...softmaxInstances,
};
