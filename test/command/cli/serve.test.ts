// The command `train --serve`. If a test fails, an unauthorised page reads or stops a training run, a page
// that opens late misses events, or monitoring changes the result.
import { spawn, type ChildProcess } from "node:child_process";
import { request } from "node:http";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createLiveServer, type LiveServer } from "../../../src/command/train/live/live-server.ts";
import { LiveHistory, type LiveEvent } from "../../../src/studio/charts/live-events.ts";
import { expectRefusal, flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

interface Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: string;
}

/** The response of the server. For an endless response, the part up to `until`. */
const ask = (
  port: number,
  path: string,
  { method = "GET", headers = {}, until = "" } = {},
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const asked = request({ host: "127.0.0.1", port, path, method, headers }, (response) => {
      let body = "";
      const { statusCode: status = 0, headers } = response;
      const done = () => resolve({ status, headers, body });
      response.setEncoding("utf8").on("data", (part: string) => {
        body += part;
        if (until !== "" && body.includes(until)) (done(), asked.destroy());
      });
      response.on("end", done);
    });
    asked.on("error", reject).end();
  });

describe("the server", () => {
  const token = "a-token-that-nobody-guesses";
  let server: LiveServer;
  let port: number;
  let stops = 0;
  beforeEach(async () => {
    stops = 0;
    server = createLiveServer({ token, page: "<!doctype html>the page", onStop: () => stops++ });
    port = await server.listen(0);
  });
  afterEach(() => server.close());

  it("serves the page at its address, with headers that keep it private", async () => {
    const { status, headers, body } = await ask(port, `/${token}/`);
    expect([status, body]).toEqual([200, "<!doctype html>the page"]);
    expect(headers).toMatchObject({
      "cache-control": "no-store",
      "referrer-policy": "no-referrer",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    expect(Object.keys(headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    expect((await ask(port, `/${token}`)).headers.location).toBe(`/${token}/`);
  });

  it.each([
    "/",
    "/events",
    "/stop",
    "/a-token-that-nobody-guesse/",
    "/a-token-that-nobody-guesses2/",
    "/x/events",
  ])("rejects a request without the token: %s", async (path) => {
    for (const method of ["GET", "POST"])
      expect(await ask(port, path, { method })).toMatchObject({ status: 404, body: "" });
    expect(stops).toBe(0);
  });

  it("rejects foreign host names (DNS rebinding)", async () => {
    const headers = { host: `evil.example:${port}` };
    expect(await ask(port, `/${token}/`, { headers })).toMatchObject({ status: 403, body: "" });
    expect((await ask(port, `/${token}/events`, { headers })).status).toBe(403);
    expect((await ask(port, `/${token}/`, { headers: { host: `localhost:${port}` } })).status).toBe(200);
  });

  it("is stopped only by its own page", async () => {
    const foreign = { origin: "http://evil.example" };
    expect((await ask(port, `/${token}/stop`, { method: "POST", headers: foreign })).status).toBe(403);
    expect((await ask(port, `/${token}/stop`)).status).toBe(404);
    expect(stops).toBe(0);
    const own = { origin: `http://127.0.0.1:${port}` };
    expect((await ask(port, `/${token}/stop`, { method: "POST", headers: own })).status).toBe(204);
    expect(stops).toBe(1);
  });

  it("sends the history to a late reader, then new events", async () => {
    server.send({ kind: "stage", at: 1, name: "fold 1/2" });
    setTimeout(() => server.send({ kind: "end", at: 2, outcome: "done", text: "all" }), 30);
    const { headers, body } = await ask(port, `/${token}/events`, { until: '"text":"all"' });
    expect(headers["content-type"]).toContain("text/event-stream");
    expect(body).toMatch(/^event: history\ndata: \[{"kind":"stage".*\]\n\n(: .*\n\n)*data: \[{"kind":"end"/);
  });

  it("sends many events in few messages, with the first and the last of them", async () => {
    const body = ask(port, `/${token}/events`, { until: '"text":"all"' });
    setTimeout(() => {
      for (let epoch = 0; epoch < 5000; epoch++)
        server.send({ kind: "steps", at: epoch, epoch, loss: 1, rows: 8, learningRate: 1 });
      server.send({ kind: "end", at: 5000, outcome: "done", text: "all" });
    }, 30);
    const messages = [...(await body).body.matchAll(/^data: (.*)$/gm)].slice(1).map(([, text]) => text);
    const epochs = messages.flatMap((text) =>
      JSON.parse(text).flatMap((event: LiveEvent) => (event.kind === "steps" ? [event.epoch] : [])),
    );
    expect(epochs.length).toBeLessThan(500);
    expect([epochs[0], epochs.at(-1)]).toEqual([0, 4999]);
  });

  it("listens only on the loopback address", async () => {
    const { networkInterfaces } = await import("node:os");
    const outside = Object.values(networkInterfaces())
      .flat()
      .find((found) => found?.internal === false && found.family === "IPv4");
    if (outside === undefined) return;
    const { connect } = await import("node:net");
    const isOpen = await new Promise((resolve) => {
      const socket = connect({ host: outside.address, port }, () => resolve(true));
      socket.on("error", () => resolve(false));
    });
    expect(isOpen).toBe(false);
  });
});

describe("the history", () => {
  const steps = (epoch: number): LiveEvent => ({
    kind: "steps",
    at: epoch,
    epoch,
    loss: 1,
    rows: 8,
    learningRate: 1,
  });
  it("thins out a long training run, and keeps the first and last events", () => {
    const history = new LiveHistory();
    for (let epoch = 0; epoch < 50_000; epoch++) history.add(steps(epoch));
    const kept = history.of("steps");
    expect(kept.length).toBeLessThanOrEqual(4001);
    expect(kept.length).toBeGreaterThan(1500);
    expect([kept[0].epoch, kept[kept.length - 1].epoch]).toEqual([0, 49_999]);
  });
  it("contains all kinds of events in chronological order", () => {
    const history = new LiveHistory();
    history.add(steps(1));
    history.add({ kind: "stage", at: 0, name: "first" });
    expect(history.all().map(({ at }) => at)).toEqual([0, 1]);
  });
});

describe("train --serve", () => {
  let place: Workspace;
  beforeEach(() => {
    place = workspace();
    place.write("flowers.json", flowers);
    place.write("flowers.csv", flowersCsv);
  });
  const children: ChildProcess[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) child.kill();
    place.remove();
  });
  const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));

  /** Runs the command and waits until it has printed its address. `left` resolves when it has ended. */
  async function served(...flags: readonly string[]) {
    const child = spawn(process.execPath, [launcher, "train", "flowers.json", "--serve", ...flags], {
      cwd: place.folder,
      env: { ...process.env, NO_COLOR: "1" },
    });
    children.push(child);
    const said = { stdout: "", stderr: "" };
    for (const stream of ["stdout", "stderr"] as const)
      child[stream].setEncoding("utf8").on("data", (text: string) => (said[stream] += text));
    const hears = (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const found = pattern.exec(said.stderr);
          if (found) resolve(found);
        };
        child.stderr.on("data", look);
        look();
      });
    const left = new Promise<number | null>((resolve) => child.on("exit", resolve));
    const [, port, path] = await hears(/http:\/\/127\.0\.0\.1:(\d+)(\/[\w-]{32}\/)/);
    return { child, said, hears, left, port: Number(port), path };
  }

  it("prints the same as without the page, waits until the user leaves it, and succeeds", async () => {
    const plain = await place.start("train", "flowers.json", "--out", "a.ckpt");
    const { child, said, hears, left, port, path } = await served("--out", "b.ckpt");
    await hears(/stays open until you press Ctrl-C/);
    const { body } = await ask(port, `${path}events`, { until: "\n\n" });
    const events: LiveEvent[] = JSON.parse(body.split("data: ")[1]);
    const kinds = new Set(events.map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual(expect.arrayContaining(["end", "epoch", "probe", "start"]));
    expect(events.filter(({ kind }) => kind === "epoch")).toHaveLength(4);
    expect((await ask(port, "/wrong/")).status).toBe(404);
    child.kill("SIGINT");
    expect(await left).toBe(0);
    expect(said.stdout).toBe(plain.stdout);
    expect(place.bytes("b.ckpt")).toEqual(place.bytes("a.ckpt"));
  });

  it("ends when the button is pressed; resuming its checkpoint gives the uninterrupted result", async () => {
    const { hears, left, said, port, path } = await served("--epochs", "400000", "--out", "a.ckpt");
    // The server starts before the training.
    expect((await ask(port, `${path}stop`, { method: "POST" })).status).toBe(204);
    await hears(/stays open until you press Ctrl-C/);
    expect((await ask(port, `${path}stop`, { method: "POST" })).status).toBe(204);
    expect(await left).toBe(0);
    const done = Number(/flowers: (\d+) epochs/.exec(said.stdout)?.[1]);
    expect(done).toBeLessThan(400_000);
    const more = String(done + 2);
    await place.start("train", "flowers.json", "--epochs", more, "--resume", "a.ckpt", "--out", "a.ckpt");
    await place.start("train", "flowers.json", "--epochs", more, "--out", "b.ckpt");
    expect(place.bytes("a.ckpt")).toEqual(place.bytes("b.ckpt"));
  });

  it("rejects invalid flags and a used port before training", async () => {
    const train = (...flags: readonly string[]) => place.start("train", "flowers.json", ...flags);
    expectRefusal(
      await train("--serve", "--json"),
      "--json cannot be combined with --serve",
      "--tensorboard",
    );
    expectRefusal(await train("--serve", "70000"), "It must be a port number");
    expectRefusal(
      await place.start("train", "--serve", "flowers.json"),
      "'flowers.json' is invalid. It must be a port number",
    );
    const other = createServer();
    const port = await new Promise<number>((resolve) =>
      other.listen(0, "127.0.0.1", () => {
        const address = other.address();
        resolve(typeof address === "object" && address !== null ? address.port : 0);
      }),
    );
    expectRefusal(
      await train("--serve", String(port)),
      `--serve ${port}: another program uses this port`,
      "omit the number",
    );
    other.close();
  });

  it("announces no page if the data is invalid", async () => {
    place.write("flowers.csv", "length,width\n1,2\n");
    const refused = await place.start("train", "flowers.json", "--serve");
    expectRefusal(refused, 'flowers.csv has no column "kind"');
    expect(refused.stderr).not.toContain("http:");
  });
});
