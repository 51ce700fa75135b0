/** The flags of commands that write a script for a cluster, and their checks. */
import { isAbsolute } from "node:path";
import { usageError } from "../terminal/report-error.ts";

export const schedulers = ["slurm", "kubernetes"] as const;
export type Scheduler = (typeof schedulers)[number];

export interface ClusterFlags<Emit extends string = never> {
  readonly emit?: Scheduler | Emit;
  /** The container image, and the claim of the volume, of a Kubernetes job. */
  readonly image?: string;
  readonly volume?: string;
}

export const isScheduler = (emit: string | undefined): emit is Scheduler =>
  schedulers.some((name) => name === emit);

/** `needed`: what the image and the volume must contain. @throws DiagnosticError (T1010) */
export function checkKubernetes(
  { emit, image, volume }: ClusterFlags<string>,
  needed: { readonly image: string; readonly volume: string },
): void {
  const missing = image === undefined ? "--image" : volume === undefined ? "--volume" : undefined;
  if (emit === "kubernetes" && missing !== undefined)
    throw usageError(
      `--emit kubernetes needs ${missing}`,
      missing === "--image"
        ? `--image NAME: a container image that contains ${needed.image}`
        : `--volume CLAIM: the claim of the volume that contains ${needed.volume}`,
    );
  if (emit !== "kubernetes" && (image !== undefined || volume !== undefined))
    throw usageError("--image and --volume need --emit kubernetes");
}

/** @throws DiagnosticError (T1010) for a file that pods cannot read, because it is outside of the volume */
export function checkInVolume({ emit }: ClusterFlags<string>, files: readonly (string | undefined)[]): void {
  const outside = files.find((file) => file !== undefined && isOutside(file));
  if (emit === "kubernetes" && outside !== undefined)
    throw usageError(
      `${outside}: pods can read only the volume`,
      "use a path relative to the volume's folder",
    );
}

const isOutside = (file: string): boolean => isAbsolute(file) || file.split(/[\\/]/).includes("..");
