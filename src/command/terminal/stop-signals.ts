/**
 * SIGINT (Ctrl-C) and SIGTERM during a long command. The first signal asks the command to stop at its next
 * opportunity; a second one ends the process at once.
 */

/** The exit codes after a stop. They are the exit codes of a process that is killed by the signal. */
export const stopCodes = { SIGINT: 130, SIGTERM: 143 } as const;

export type StopSignal = keyof typeof stopCodes;

/** The name of a signal for messages. */
export const stopName = (signal: StopSignal): string => (signal === "SIGINT" ? "Ctrl-C" : signal);

/** The part of a process that handles signals. */
export interface SignalSource {
  on(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  off(signal: StopSignal, listener: (signal: StopSignal) => void): unknown;
  exit(code: number): unknown;
}

export interface StopSignals {
  /** The first signal, if there was one. */
  received(): StopSignal | undefined;
  /** Restores the default: a signal ends the process. */
  release(): void;
}

/**
 * The time in milliseconds during which further signals are ignored. Because `npx` forwards signals, one
 * Ctrl-C in a terminal arrives twice.
 */
const samePress = 500;

/** Signals are handled only while no other code runs, so a command must wait from time to time. */
export function catchStopSignals(
  onFirst: (signal: StopSignal) => void = () => {},
  source: SignalSource = process,
  now: () => number = () => performance.now(),
): StopSignals {
  let first: { readonly signal: StopSignal; readonly at: number } | undefined;
  const listener = (signal: StopSignal) => {
    if (first === undefined) {
      first = { signal, at: now() };
      onFirst(signal);
    } else if (now() - first.at >= samePress) source.exit(stopCodes[signal]);
  };
  source.on("SIGINT", listener);
  source.on("SIGTERM", listener);
  return {
    received: () => first?.signal,
    release() {
      source.off("SIGINT", listener);
      source.off("SIGTERM", listener);
    },
  };
}
