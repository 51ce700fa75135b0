// A contender's process, seen from the bench: it is started, says when its first step is done, and answers a
// line with a line.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import type { Contender } from "./contenders.ts";

/** What a process says once its first step is done, or that it cannot take one. */
export interface Start {
  /** Milliseconds from the start of the process to the end of the first step. */
  readonly first?: number;
  /** Of the first step. */
  readonly loss?: number;
  readonly note?: string;
  /** Of a library that only the process itself can ask, as PyTorch. */
  readonly version?: string;
  /** Why there is no step. */
  readonly lacks?: string;
}

export interface Finish {
  /** Of the same batch as the first step's, after all steps. */
  readonly loss: number;
  readonly steps: number;
  /** The most that the process held, in bytes. */
  readonly memory: number;
}

/** Milliseconds of a step: by the clock, and in which the process ran. */
export interface StepTime {
  readonly wall: number;
  readonly ran: number;
}

/** A process that takes orders, one at a time. */
export interface Running {
  readonly start: Start;
  warm(least: number, most: number): Promise<void>;
  /** A step, measured over a stretch of so many milliseconds. */
  measure(milliseconds: number): Promise<StepTime>;
  finish(): Promise<Finish>;
  stop(): void;
}

/**
 * Starts a process; resolves when its first step is done or has failed. One that says nothing for `patience`
 * ms is ended.
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
  child.stdin.on("error", () => undefined); // told by the missing answer
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const timer = setTimeout(() => child.kill(), patience);
    for (;;) {
      const { value, done } = await lines.next();
      // Libraries greet: only what looks like an answer is one.
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
  const told = { note: text(value.note), version: text(value.version), lacks: text(value.lacks) };
  return { first: number(value.first), loss: number(value.loss), ...told };
}

/** A loss that is not a number comes as null, and stays one that is not a number. */
function numbersOf<Name extends string>(value: unknown, ...names: readonly Name[]): Record<Name, number>;
function numbersOf(value: unknown, ...names: readonly string[]): Record<string, number> {
  if (!isRecord(value) || text(value.lacks) !== undefined)
    throw new Error(isRecord(value) ? text(value.lacks) : "the process said nothing");
  return Object.fromEntries(names.map((name) => [name, number(value[name]) ?? NaN]));
}
