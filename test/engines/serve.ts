// A server of one folder on the loopback address. The path selects the policy: under /isolated/… pages may
// share memory between threads, under /strict/… they run only their own scripts, without WebAssembly.
import { readFile } from "node:fs/promises";
import { createServer, type Server, type ServerResponse } from "node:http";
import { extname, join } from "node:path";

const policies: Readonly<Record<string, Record<string, string>>> = {
  isolated: {
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
  },
  strict: { "content-security-policy": "default-src 'none'; script-src 'self'; worker-src 'self'" },
};
const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript" };

export type Policy = "isolated" | "strict";

export interface Served {
  urlOf(policy: Policy, name: string): string;
  close(): Promise<void>;
}

export async function serve(folder: string): Promise<Served> {
  const answer = async (url: string, response: ServerResponse): Promise<void> => {
    const [, policy, name] = /^\/(isolated|strict)\/([a-z0-9-]+\.(?:html|js))$/.exec(url) ?? [];
    if (name === undefined) {
      response.writeHead(204).end();
      return;
    }
    const bytes = await readFile(join(folder, name)).catch(() => undefined);
    const type = `${types[extname(name)]}; charset=utf-8`;
    response
      .writeHead(bytes === undefined ? 404 : 200, { "content-type": type, ...policies[policy] })
      .end(bytes);
  };
  const server = createServer(({ url = "" }, response) => void answer(url, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server);
  return {
    urlOf: (policy, name) => `http://127.0.0.1:${port}/${policy}/${name}`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("the server has no port");
  return address.port;
}
