/**
 * The server of `train --serve`: serves the page, and sends the progress of training as server-sent events.
 * It listens only on the loopback address and requires the random token in its URL. Other pages in the same
 * browser do not know the token; the check of the Host header also rejects foreign names that resolve to this
 * address (DNS rebinding).
 */
import { createHash, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { LiveHistory, type LiveEvent } from "../../../studio/charts/live-events.ts";

export interface LiveServerOptions {
  readonly token: string;
  /** The markup of the page. */
  readonly page: string;
  /** Called when the user presses the button of the page. */
  readonly onStop: () => void;
}

export interface LiveServer {
  /** Starts listening and returns the port; 0 selects a free one. Rejects if the port is not available. */
  listen(port: number): Promise<number>;
  send(event: LiveEvent): void;
  close(): Promise<void>;
}

const host = "127.0.0.1";
/** Milliseconds between comments that keep idle connections open. */
const heartbeat = 15_000;
/**
 * Milliseconds between messages, and the maximum number of events of each kind in one message. A small model
 * trains for thousands of epochs per second, and a page could neither read nor draw an event for each of them.
 */
const pause = 100;
const eventsOfMessage = 50;
/** Unread bytes after which a connection is closed. The page reconnects and receives the whole history. */
const maxUnreadBytes = 0x1000000;

const guards = {
  "Cache-Control": "no-store",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Cross-Origin-Opener-Policy": "same-origin",
};

export function createLiveServer({ token, page, onStop }: LiveServerOptions): LiveServer {
  const history = new LiveHistory();
  const readers = new Set<ServerResponse>();
  const server = createServer((request, response) => {
    const { port } = addressOf(server.address());
    const answer = (status: number, type = "text/plain", body = "") =>
      response.writeHead(status, { ...guards, "Content-Type": `${type}; charset=utf-8` }).end(body);
    if (![`${host}:${port}`, `localhost:${port}`].includes(request.headers.host ?? "")) return answer(403);
    const [, given = "", path] = /^\/([^/?]*)(?:\/([^?]*))?/.exec(request.url ?? "") ?? [];
    if (!isSame(given, token)) return answer(404);
    if (path === undefined) return response.writeHead(308, { ...guards, Location: `/${token}/` }).end();
    switch (`${request.method} ${path}`) {
      case "GET ":
        return answer(200, "text/html", page);
      case "GET events":
        return subscribe(response);
      case "POST stop":
        if (isForeign(request)) return answer(403);
        onStop();
        return answer(204);
      default:
        return answer(404);
    }
  });

  function subscribe(response: ServerResponse): void {
    sendWaiting();
    response.writeHead(200, { ...guards, "Content-Type": "text/event-stream; charset=utf-8" });
    response.write(`event: history\ndata: ${JSON.stringify(history.all())}\n\n`);
    readers.add(response);
    response.on("close", () => readers.delete(response));
  }
  const broadcast = (text: string) => {
    for (const reader of readers)
      if (reader.writableLength > maxUnreadBytes) reader.destroy();
      else reader.write(text);
  };
  let waiting = new LiveHistory(eventsOfMessage);
  let timer: NodeJS.Timeout | undefined;
  const sendWaiting = () => {
    clearTimeout(timer);
    timer = undefined;
    const events = waiting.all();
    waiting = new LiveHistory(eventsOfMessage);
    if (events.length > 0) broadcast(`data: ${JSON.stringify(events)}\n\n`);
  };
  const beat = setInterval(() => broadcast(": still here\n\n"), heartbeat).unref();

  return {
    listen: (port) =>
      new Promise((resolve, reject) => {
        server.once("error", reject);
        server.listen(port, host, () => resolve(addressOf(server.address()).port));
      }),
    send(event) {
      history.add(event);
      waiting.add(event);
      timer ??= setTimeout(sendWaiting, pause);
    },
    close: () =>
      new Promise((resolve) => {
        clearInterval(beat);
        sendWaiting();
        server.close(() => resolve());
        for (const reader of readers) reader.end("event: bye\ndata: {}\n\n");
        server.closeIdleConnections();
      }),
  };
}

function addressOf(address: AddressInfo | string | null): { readonly port: number } {
  if (address === null || typeof address === "string") throw new Error("internal: the server has no port");
  return address;
}

/** Compares in constant time, so that the duration reveals no part of the token. */
const isSame = (given: string, token: string): boolean => timingSafeEqual(digest(given), digest(token));
const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Browsers send an Origin header with POST requests. */
const isForeign = ({ headers }: IncomingMessage): boolean =>
  headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
