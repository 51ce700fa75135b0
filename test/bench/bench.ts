// `npm run bench`: what is promised of speed and size, measured in one run and, where the machine decides, as ratios.
import { Bench } from "tinybench";
import { compile } from "../../src/index.ts";
import type { ModelSpec } from "../../src/index.ts";
import { readSpec } from "../../src/spec/read/read-spec.ts";
import { coldStart, towerCompile } from "./compile-times.ts";
import { sizesOf, trainerFor } from "./emitted.ts";
import { mnist, mnistLayers, small } from "./models.ts";
import { productFlops, tripleLoopStep } from "./triple-loop.ts";

interface Line {
  readonly what: string;
  readonly measured: string;
  readonly limit: string;
}
