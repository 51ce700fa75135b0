// A client of Deno's Jupyter kernel, which speaks the protocol itself, as JupyterLab would: ZeroMQ sockets, and signed
// messages of several frames. https://jupyter-client.readthedocs.io/en/stable/messaging.html
import { createHmac, randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { freePort } from "./projects.ts";

const delimiter = "<IDS|MSG>";

// The parts of `zeromq` that are used. The package is installed in this folder, where the compiler does not look.

interface Socket {
  connect(address: string): void;
  receive(): Promise<Buffer[]>;
  close(): void;
}

interface Dealer extends Socket {
  send(frames: readonly string[]): Promise<void>;
}

interface Subscriber extends Socket {
  /** Milliseconds after which `receive` rejects; −1 for no limit. */
  receiveTimeout: number;
  subscribe(): void;
}

interface ZeroMq {
  readonly Dealer: new () => Dealer;
  readonly Subscriber: new () => Subscriber;
}

interface Message {
  readonly type: string;
  /** The ID of the request that the message is about. */
  readonly request: string;
  readonly content: { readonly data?: Record<string, string>; readonly [key: string]: unknown };
}

export interface Kernel {
  /** The words that start the kernel in the folder. */
  readonly command: readonly string[];
  /** Waits until the kernel has started. */
  started(): Promise<void>;
  /** Runs a cell. Returns its value in several formats, by MIME type. Rejects if the cell fails. */
  run(code: string): Promise<Record<string, string>>;
  close(): void;
}

/** A kernel, once its command is started. */
export async function jupyterKernel(folder: string): Promise<Kernel> {
  const { Dealer, Subscriber }: ZeroMq = createRequire(import.meta.url)("zeromq");
  const key = randomUUID();
  const ports: Record<string, number> = {};
  for (const name of ["shell", "iopub", "stdin", "control", "hb"]) ports[`${name}_port`] = await freePort();
  const connection = { ip: "127.0.0.1", transport: "tcp", signature_scheme: "hmac-sha256", key, ...ports };
  writeFileSync(join(folder, "connection.json"), JSON.stringify({ ...connection, kernel_name: "deno" }));
  // Sockets try to connect until the kernel listens.
  const [shell, published] = [new Dealer(), new Subscriber()];
  shell.connect(`tcp://127.0.0.1:${ports.shell_port}`);
  published.connect(`tcp://127.0.0.1:${ports.iopub_port}`);
  published.subscribe();

  const send = async (type: string, content: object): Promise<string> => {
    const id = randomUUID();
    const header = { msg_id: id, session: key, username: "test", msg_type: type, version: "5.3" };
    const parts = [{ ...header, date: new Date().toISOString() }, {}, {}, content].map((part) =>
      JSON.stringify(part),
    );
    const signature = createHmac("sha256", key).update(parts.join("")).digest("hex");
    await shell.send([delimiter, signature, ...parts]);
    return id;
  };
  return {
    command: ["deno", "jupyter", "--kernel", "--conn", "connection.json"],
    async started() {
      // Messages before the subscription reaches the kernel are lost.
      published.receiveTimeout = 500;
      for (let isSubscribed = false; !isSubscribed;) {
        await send("kernel_info_request", {});
        await shell.receive();
        isSubscribed = await published.receive().then(
          () => true,
          () => false,
        );
      }
      published.receiveTimeout = -1;
    },
    async run(code) {
      const id = await send("execute_request", { code, silent: false, store_history: true });
      let value: Record<string, string> = {};
      for (;;) {
        const { type, request, content } = messageIn(await published.receive());
        if (request !== id) continue;
        if (type === "error") throw new Error(`${content.ename}: ${content.evalue}`);
        if (type === "execute_result") value = content.data ?? {};
        if (type === "status" && content.execution_state === "idle") break;
      }
      await shell.receive();
      return value;
    },
    close() {
      shell.close();
      published.close();
    },
  };
}

function messageIn(frames: readonly Buffer[]): Message {
  const start = frames.findIndex((frame) => frame.toString() === delimiter);
  const [header, parent, , content] = frames.slice(start + 2).map((frame) => JSON.parse(frame.toString()));
  return { type: header.msg_type, request: parent.msg_id, content };
}
