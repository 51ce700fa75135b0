// A server of one folder on the loopback address. Pages may run only the scripts and workers of the folder, and compile
// WebAssembly, but not evaluate text.
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";

const production = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'";
/** A page in development also fetches the list of the modules that have changed. */
const development = `${production}; connect-src 'self'`;
const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

/** A browser shares memory between threads only in pages with these headers. */
const isolation = {
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
};

export interface Served {
  readonly url: string;
  /** The paths that the browser has asked for, also from its workers. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

export async function serve(folder: string, isDevelopment = false): Promise<Served> {
  const policy = isDevelopment ? development : production;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "", "http://localhost");
    requests.push(pathname.slice(1));
    readFile(join(folder, pathname)).then(
      (bytes) => {
        const type = `${types[extname(pathname)]}; charset=utf-8`;
        response
          .writeHead(200, { "content-type": type, "content-security-policy": policy, ...isolation })
          .end(bytes);
      },
      // Browsers ask for an icon, which is not an error.
      () => response.writeHead(204).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return {
    requests,
    url: `http://127.0.0.1:${address.port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
