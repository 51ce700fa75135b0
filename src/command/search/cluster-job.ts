// What a script for a cluster needs to know of a search.

export interface ClusterJob {
  /** The model's. */
  readonly name: string;
  readonly shards: number;
  /** `search SPEC` and the flags that every part of it has. */
  readonly args: readonly string[];
  /** How the script itself is called. */
  readonly file: string;
}
