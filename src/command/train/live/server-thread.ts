/**
 * The server thread of `train --serve`. It stays responsive while training blocks the main thread for whole
 * epochs.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { LiveEvent } from "../../../studio/charts/live-events.ts";
import { createLiveServer } from "./live-server.ts";

export interface ServerSetup {
  readonly token: string;
  readonly page: string;
  /** The port; 0 selects a free one. */
  readonly port: number;
  /** One element in shared memory: the number of times that the user has pressed the button. */
  readonly stop: Int32Array;
}

/** Messages to the thread and from it. */
export type ToServer = LiveEvent | "close";
export type FromServer =
  | { readonly kind: "listens"; readonly port: number }
  | { readonly kind: "error"; readonly code: string; readonly message: string }
  | { readonly kind: "stop"; readonly presses: number }
  | { readonly kind: "closed" };

const setup: ServerSetup = workerData;
const send = (message: FromServer) => parentPort?.postMessage(message);
const server = createLiveServer({
  ...setup,
  onStop() {
    send({ kind: "stop", presses: Atomics.add(setup.stop, 0, 1) + 1 });
  },
});
parentPort?.on("message", (message: ToServer) => {
  if (message !== "close") return server.send(message);
  void server.close().then(() => send({ kind: "closed" }));
});
server.listen(setup.port).then(
  (port) => send({ kind: "listens", port }),
  (error: NodeJS.ErrnoException) => send({ kind: "error", code: error.code ?? "", message: error.message }),
);
