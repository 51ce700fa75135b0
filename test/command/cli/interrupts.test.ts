// SIGINT and SIGTERM, sent to real processes. If a test fails, Ctrl-C loses work, ends with a wrong exit
// code, or prints a command that does not continue the training.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { flowers, flowersCsv, workspace } from "./workspace.ts";
import type { Workspace } from "./workspace.ts";

const launcher = fileURLToPath(new URL("../../../src/command/cli/tapeless.js", import.meta.url));

let place: Workspace;
beforeEach(() => {
  place = workspace();
  place.write("flowers.csv", flowersCsv);
});
afterEach(() => place.remove());

interface Stopped {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command, and sends the signal when standard error contains `sign`. */
function stopped(signal: "SIGINT" | "SIGTERM", sign: string, ...args: readonly string[]): Promise<Stopped> {
  return new Promise((resolve) => {
    const { npm_command: _, ...others } = process.env;
    const env = { ...others, NO_COLOR: "1" };
    const child = spawn(process.execPath, [launcher, ...args], { cwd: place.folder, env });
    let [stdout, stderr, isSent] = ["", "", false];
    child.stdout.on("data", (text) => (stdout += String(text)));
    child.stderr.on("data", (text) => {
      stderr += String(text);
      if (isSent || !stderr.includes(sign)) return;
      isSent = true;
      child.kill(signal);
    });
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
}

/** The arguments of the command that, according to the text, continues the training. */
const commandIn = (stderr: string): string[] =>
  /^to continue: tapeless (.*)$/m.exec(stderr)?.[1].split(" ") ?? [];

describe("tapeless train", () => {
  const epochs = 3000;
  const streamed = ["--stream", "--block", "7", "--buffer", "2"];
  it.each([
    ["SIGINT", 130, "Ctrl-C", ["--out", "own.ckpt"], "own.ckpt", []],
    ["SIGTERM", 143, "SIGTERM", [], "flowers.stopped.ckpt", []],
    ["SIGINT", 130, "Ctrl-C", ["--out", "own.ckpt"], "own.ckpt", streamed],
  ] as const)(
    "%s ends it with %i; the printed command continues it (%s, %j, %s, %j)",
    async (signal, exit, name, out, file, more) => {
      place.write("flowers.json", { ...flowers, training: { ...flowers.training, epochs } });
      const { code, stdout, stderr } = await stopped(
        signal,
        "epoch 2/",
        "train",
        "flowers.json",
        "--json",
        ...out,
        ...more,
      );
      expect(stderr).toContain(`stopped by ${name}: `);
      expect(stderr).toMatch(/\nepoch \d+\/3000 {2}loss [\d.]+ {2}accuracy/);
      expect(stderr).toContain(`\ncheckpoint: ${file}\nto continue: tapeless train flowers.json --json `);
      expect([code, stdout]).toEqual([exit, ""]);
      const continued = await place.run(...commandIn(stderr));
      const whole = await place.run("train", "flowers.json", "--json", "--out", "whole.ckpt", ...more);
      expect(continued.code).toBe(0);
      expect(continued.stdout).toBe(whole.stdout);
      expect(place.bytes(file)).toEqual(place.bytes("whole.ckpt"));
    },
  );
});

describe("tapeless search", () => {
  it("SIGINT ends it with 130 and keeps its results", async () => {
    const training = {
      ...flowers.training,
      epochs: 1_000_000,
      search: { over: { "optimizer.learningRate": [0.1, 0.2] } },
    };
    place.write("flowers.json", { ...flowers, training });
    const { code, stdout, stderr } = await stopped("SIGINT", "2 to train", "search", "flowers.json");
    expect(stderr).toContain(
      "stopped by Ctrl-C: 0 of 2 candidates are stored in flowers.search.jsonl; run the same command again to resume",
    );
    expect([code, stdout]).toEqual([130, ""]);
    expect(place.read("flowers.search.jsonl").split("\n")).toHaveLength(2);
  });
});
