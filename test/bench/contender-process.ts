// Connects the bench to a contender's process: starts the process, waits for its first step, and sends it
// requests. Each request and each reply is one line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Contender } from "./contenders.ts";

/** The first message of a process: either its first step is done, or it cannot take one. */
export interface Start {
  /** Milliseconds from the start of the process to the end of the first step. */
  readonly first?: number;
  /** The loss of the first step. */
  readonly loss?: number;
  readonly note?: string;
  /** The version of a library whose version only the process itself can determine, such as PyTorch. */
  readonly version?: string;
  /** Why the process cannot take a step. */
  readonly lacks?: string;
}

export interface Finish {
  /** The loss after all steps, on the same batch as that of the first step. */
  readonly loss: number;
  readonly steps: number;
  /** The peak memory of the process, in bytes. */
  readonly memory: number;
}

/** Milliseconds per step: wall time and CPU time. */
export interface StepTime {
  readonly wall: number;
  readonly ran: number;
}

/** A process that handles one request at a time. */
export interface Running {
  readonly start: Start;
  warm(least: number, most: number): Promise<void>;
  /** Measures steps for this many milliseconds. Returns the time of a step. */
  measure(milliseconds: number): Promise<StepTime>;
  finish(): Promise<Finish>;
  stop(): void;
}

/**
 * Starts a process. The promise resolves when the first step is done or has failed. A process that sends
 * nothing for `patience` milliseconds is killed.
 */
export async function startContender(
  { command, args, environment }: Contender,
  patience = 180_000,
): Promise<Running> {
  const child = spawn(command, args, {
    env: { ...process.env, ...environment, BENCH_START: String(Date.now()) },
    stdio: ["pipe", "pipe", "pipe"],
  });
  let complaint = "";
  child.stderr.on("data", (text: Buffer) => (complaint = (complaint + text.toString()).slice(-2000)));
  child.on("error", (error) => (complaint += error.message));
  child.stdin.on("error", () => undefined); // the missing reply reports it
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const timer = setTimeout(() => child.kill(), patience);
    for (;;) {
      const { value, done } = await lines.next();
      // Libraries print greetings. Only a line that begins like a JSON object is a reply.
      if (!done && !String(value).startsWith("{")) continue;
      clearTimeout(timer);
      if (done) return { lacks: `the process ended: ${complaint.trim().split("\n").at(-1) ?? ""}` };
      return JSON.parse(value);
    }
  };
  const ask = async (order: object): Promise<unknown> => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
    return answer();
  };
  return {
    start: startOf(await answer()),
    warm: async (least, most) => {
      await ask({ ask: "warm", least, most });
    },
    measure: async (milliseconds) => numbersOf(await ask({ ask: "measure", milliseconds }), "wall", "ran"),
    finish: async () => numbersOf(await ask({ ask: "finish" }), "loss", "steps", "memory"),
    stop: () => void child.kill(),
  };
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const number = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);

function startOf(value: unknown): Start {
  if (!isRecord(value)) return { lacks: "the process said nothing" };
  const reported = { note: text(value.note), version: text(value.version), lacks: text(value.lacks) };
  return { first: number(value.first), loss: number(value.loss), ...reported };
}

/**
 * Reads numbers from a reply. JSON has no NaN, so a loss that is NaN arrives as null and is converted back.
 */
function numbersOf<Name extends string>(value: unknown, ...names: readonly Name[]): Record<Name, number>;
function numbersOf(value: unknown, ...names: readonly string[]): Record<string, number> {
  if (!isRecord(value) || text(value.lacks) !== undefined)
    throw new Error(isRecord(value) ? text(value.lacks) : "the process said nothing");
  return Object.fromEntries(names.map((name) => [name, number(value[name]) ?? NaN]));
}
