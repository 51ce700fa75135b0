/** The flags of `tapeless search`. */
import type { Shard } from "./shards.ts";

export interface EmitFlags {
  readonly emit?: "slurm" | "kubernetes";
  readonly shards?: number;
  readonly image?: string;
  readonly volume?: string;
  readonly output?: string;
}

export interface SearchFlags extends EmitFlags {
  readonly data?: string;
  readonly threads?: number;
  readonly out?: string;
  readonly csv?: string;
  readonly writeBest?: string;
  readonly shard?: Shard;
  readonly merge?: boolean;
  readonly dtype: "f32" | "f64";
  readonly json?: boolean;
}
