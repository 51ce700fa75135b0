/** Starts the background thread on demand, and gives it one request at a time. */
import { Worker } from "node:worker_threads";
import type { BackgroundReply, BackgroundRequest } from "./background-thread.ts";

/** Milliseconds after which a request is given up. */
const longestRun = 20_000;

const launcher = new URL("../cli/start-thread.js", import.meta.url);

/** A reply, or why there is none: the thread ended, or took too long. */
export type Outcome = BackgroundReply | "ended" | "too long";

export interface Background {
  /** Requests are handled in order. Undefined if the request is no longer needed when its turn comes. */
  request(request: BackgroundRequest, isNeeded: () => boolean): Promise<Outcome | undefined>;
  close(): Promise<void>;
}

export function background(): Background {
  let worker: Worker | undefined;
  let last: Promise<unknown> = Promise.resolve();

  const stop = async () => {
    const old = worker;
    worker = undefined;
    await old?.terminate();
  };
  // What a spec prints must not reach standard output, which carries the protocol.
  const start = (): Worker => {
    const made = new Worker(launcher, { argv: ["background"], stdout: true, stderr: true });
    made.stdout.resume();
    made.stderr.resume();
    made.unref();
    return made;
  };
  const ask = async (request: BackgroundRequest): Promise<Outcome> => {
    const thread = (worker ??= start());
    const outcome = await outcomeOf(thread, request);
    // After a spec in TypeScript has run, its timers would continue.
    if (typeof outcome === "string" || request.kind === "run") await stop();
    return outcome;
  };
  return {
    request(request, isNeeded) {
      const outcome = last.then(() => (isNeeded() ? ask(request) : undefined));
      last = outcome.catch(() => undefined);
      return outcome;
    },
    close: stop,
  };
}

function outcomeOf(thread: Worker, request: BackgroundRequest): Promise<Outcome> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => done("too long"), longestRun);
    const onMessage = (reply: BackgroundReply) => done(reply);
    const onEnd = () => done("ended");
    const done = (outcome: Outcome) => {
      clearTimeout(timer);
      thread.off("message", onMessage).off("exit", onEnd).off("error", onEnd);
      resolve(outcome);
    };
    thread.on("message", onMessage).on("exit", onEnd).on("error", onEnd);
    thread.postMessage(request);
  });
}
