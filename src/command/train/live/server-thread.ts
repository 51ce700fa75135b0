/** The server thread of `train --serve`. It stays responsive while training blocks the main thread for whole epochs. */
import { parentPort, workerData } from "node:worker_threads";
import type { LiveEvent } from "../../../studio/charts/live-events.ts";
import { createLiveServer } from "./live-server.ts";

export interface ServerSetup {
  readonly token: string;
  readonly page: string;
  /** 0: a free one. */
  readonly port: number;
  /** One element in shared memory: how often the user pressed the button. */
  readonly stop: Int32Array;
}

/** Messages to the thread and from it. */
export type ToServer = LiveEvent | "close";
export type FromServer =
  | { readonly kind: "listens"; readonly port: number }
  | { readonly kind: "fault"; readonly code: string; readonly message: string }
  | { readonly kind: "stop"; readonly presses: number }
  | { readonly kind: "closed" };

const setup: ServerSetup = workerData;
const tell = (message: FromServer) => parentPort?.postMessage(message);
const server = createLiveServer({
  ...setup,
  onStop() {
    tell({ kind: "stop", presses: Atomics.add(setup.stop, 0, 1) + 1 });
  },
});
parentPort?.on("message", (told: ToServer) => {
  if (told !== "close") return server.send(told);
  void server.close().then(() => tell({ kind: "closed" }));
});
server.listen(setup.port).then(
  (port) => tell({ kind: "listens", port }),
  (error: NodeJS.ErrnoException) => tell({ kind: "fault", code: error.code ?? "", message: error.message }),
);
