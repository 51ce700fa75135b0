// The server of the playground, to which any page in a browser can send requests. If a test fails, a request
// stops the server, or reads a file outside the playground.
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveFiles, type ServedFiles } from "../../../src/studio/web/serve-files.ts";

const files = new Map([
  ["index.html", "the index"],
  ["main.js", "the code"],
]);

let server: ServedFiles;
beforeAll(async () => {
  server = await serveFiles(files, { port: 0, policy: "default-src 'none'" });
});
afterAll(() => server.close());

/** Sends these bytes, and returns the complete response of the connection. */
const sent = (request: string): Promise<string> =>
  new Promise((resolve) => {
    let answer = "";
    const socket = connect(Number(new URL(server.url).port), "127.0.0.1", () =>
      socket.end(request, "latin1"),
    );
    socket.on("data", (chunk) => (answer += chunk.toString("latin1")));
    socket.on("error", () => {});
    socket.on("close", () => resolve(answer));
  });

const request = (line: string): string => `${line}\r\nHost: localhost\r\nConnection: close\r\n\r\n`;

describe("serves", () => {
  it.each([
    ["the index at the root", "GET / HTTP/1.1", "the index"],
    ["a file by its name", "GET /main.js HTTP/1.1", "the code"],
    ["a file with a query in the address", "GET /main.js?v=1 HTTP/1.1", "the code"],
  ])("%s", async (_, line, text) => {
    const answer = await sent(request(line));
    expect(answer).toMatch(/^HTTP\/1\.1 200 /);
    expect(answer).toContain(text);
  });
});

describe("still serves after", () => {
  it.each([
    ["two slashes", request("GET // HTTP/1.1"), 404],
    ["three slashes", request("GET /// HTTP/1.1"), 404],
    ["an invalid port", request("GET //:99999999 HTTP/1.1"), 404],
    ["a host in brackets", request("GET //[ HTTP/1.1"), 404],
    ["a complete address", request("GET http://[/ HTTP/1.1"), 200],
    ["an asterisk", request("OPTIONS * HTTP/1.1"), 404],
    ["a path to a parent folder", request("GET /../../etc/passwd HTTP/1.1"), 404],
    ["an invalid escape", request("GET /%zz%00 HTTP/1.1"), 404],
    ["backslashes", request("GET /\\\\evil/ HTTP/1.1"), 404],
    ["the name of a prototype", request("GET /__proto__ HTTP/1.1"), 404],
    ["bytes that are not UTF-8", request("GET /\x80\xff HTTP/1.1"), 400],
    ["a method that writes", request("POST / HTTP/1.1"), 404],
    ["no host", "GET / HTTP/1.1\r\n\r\n", 400],
    ["no HTTP", "\x16\x03\x01\x00\r\n\r\n", 400],
    ["a line that is too long", request(`GET /${"a".repeat(100_000)} HTTP/1.1`), 431],
    [
      "a body with two lengths",
      "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      400,
    ],
  ])("%s", async (_, bytes, status) => {
    expect(await sent(bytes)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(await sent(request("GET / HTTP/1.1"))).toContain("the index");
  });

  it("an upgrade request, and an incomplete one", async () => {
    await sent("CONNECT evil:80 HTTP/1.1\r\nHost: evil\r\n\r\n");
    await sent("GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
    await sent("GET /");
    expect(await sent(request("GET / HTTP/1.1"))).toContain("the index");
  });
});
