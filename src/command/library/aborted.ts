/** Stops the functions of the library through an `AbortSignal`. */

/**
 * The error for work that the caller's `AbortSignal` stopped. The name is "AbortError", as for `fetch`;
 * `cause` is the signal's `reason`.
 */
export class Aborted extends Error {
  /**
   * The checkpoint after the last step of `train`. Training that resumes from it ends as if it had not been
   * stopped.
   */
  readonly checkpoint: Uint8Array | undefined;
  constructor(signal: AbortSignal, checkpoint?: Uint8Array) {
    super("the work was aborted", { cause: signal.reason });
    this.name = "AbortError";
    this.checkpoint = checkpoint;
  }
}

/** @throws Aborted */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new Aborted(signal);
}

/** Lets the process handle its events, then checks the signal. @throws Aborted */
export async function breathe(signal: AbortSignal | undefined): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  throwIfAborted(signal);
}
