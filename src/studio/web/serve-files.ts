/** Serves texts over HTTP to clients on this machine only. */
import { createServer, type Server } from "node:http";
import { extname } from "node:path";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

export interface ServedFiles {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Serves each file under its name, and `index.html` also at the root.
 * @param port 0 selects any free port
 * @throws Error with the code EADDRINUSE or EACCES if the port is not available
 */
export async function serveFiles(
  files: ReadonlyMap<string, string>,
  { port, policy }: { port: number; policy: string },
): Promise<ServedFiles> {
  const server = createServer(({ url = "/", method = "GET" }, response) => {
    const name = nameIn(url);
    const text = files.get(name);
    if (text === undefined || !["GET", "HEAD"].includes(method))
      return void response.writeHead(404, { "content-type": "text/plain" }).end("Not found.\n");
    response.writeHead(200, {
      "content-type": types[extname(name)] ?? "text/plain; charset=utf-8",
      "content-security-policy": `${policy}; frame-ancestors 'none'`,
      "x-content-type-options": "nosniff",
      "referrer-policy": "no-referrer",
      "cache-control": "no-store",
    });
    response.end(method === "HEAD" ? undefined : text);
  });
  await listening(server, port);
  const address = server.address();
  const taken = typeof address === "object" && address !== null ? address.port : port;
  return {
    url: `http://127.0.0.1:${taken}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/**
 * Returns the file name in the target of a request. The target can be any text, but it is only looked up in a
 * table. It is never resolved as a path, and no target causes an exception.
 */
const nameIn = (target: string): string => /^\/([^?#]*)/.exec(target)?.[1] || "index.html";

const listening = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
