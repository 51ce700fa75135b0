/**
 * `train --serve`: starts the server thread of the page, sends it events, and receives the user's request to
 * stop.
 */
import { randomBytes } from "node:crypto";
import { Worker } from "node:worker_threads";
import type { DiagnosticError } from "../../../compiler/diagnostics/errors.ts";
import type { LiveEvent } from "../../../studio/charts/live-events.ts";
import { pageCode } from "../../../studio/web/page-code.ts";
import { pageHtml } from "../../../studio/web/page-html.ts";
import { usageError } from "../../terminal/report-error.ts";
import type { FromServer, ServerSetup, ToServer } from "./server-thread.ts";

export interface LivePage {
  /** The URL with the token. Anyone who knows it can watch the training and stop it. */
  readonly address: string;
  send(event: LiveEvent): void;
  /** Whether the user has pressed the button. The check is cheap enough for loops. */
  isStopped(): boolean;
  /** Waits until the user presses Ctrl-C or the button of the page, which now ends the server. */
  untilLeft(): Promise<void>;
  /** Ends the server. */
  close(): Promise<void>;
}

const launcher = new URL("../../cli/start-thread.js", import.meta.url);

/** @throws DiagnosticError (T1010) if the port is not available */
export async function serveTraining(model: string, port: number): Promise<LivePage> {
  const token = randomBytes(24).toString("base64url");
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const page = pageHtml({
    title: `${model} · training`,
    data: { model },
    ...(await pageCode("live")),
    policy: ["connect-src 'self'"],
  });
  const setup: ServerSetup = { token, page, port, stop };
  const worker = new Worker(launcher, { argv: ["server"], workerData: setup });
  /** Waits for the first message that matches. */
  const nextMessage = (isAwaited: (message: FromServer) => boolean) =>
    new Promise<FromServer>((resolve, reject) => {
      worker.on("message", (message: FromServer) => isAwaited(message) && resolve(message));
      worker.once("error", reject);
    });
  const started = await nextMessage(({ kind }) => kind === "listens" || kind === "error");
  if (started.kind !== "listens") {
    await worker.terminate();
    throw cannotServe(port, started);
  }
  // The server does not keep the process alive if the training fails.
  worker.unref();
  const send = (message: ToServer) => worker.postMessage(message);
  const close = async () => {
    worker.ref();
    const closed = nextMessage(({ kind }) => kind === "closed");
    send("close");
    await closed;
    await worker.terminate();
  };
  return {
    close,
    address: `http://127.0.0.1:${started.port}/${token}/`,
    send,
    isStopped: () => Atomics.load(stop, 0) > 0,
    async untilLeft() {
      worker.ref();
      const before = Atomics.load(stop, 0);
      const pressed = nextMessage((message) => message.kind === "stop" && message.presses > before);
      const interrupted = new Promise<void>((resolve) => process.once("SIGINT", () => resolve()));
      await Promise.race([pressed, interrupted]);
      await close();
    },
  };
}

function cannotServe(port: number, reply: FromServer): DiagnosticError {
  const { code, message } =
    reply.kind === "error" ? reply : { code: "", message: "the server thread does not respond" };
  if (code === "EADDRINUSE")
    return usageError(
      `--serve ${port}: another program uses this port`,
      "omit the number to use a free port",
    );
  if (code === "EACCES")
    return usageError(
      `--serve ${port}: you do not have permission to use this port`,
      "use a port from 1024 on, or omit the number to use a free one",
    );
  return usageError(`--serve: ${message}`);
}
