// The pauses of a training run, its progress line, and its reaction to signals, tested with a simulated
// clock. If a test fails, training is silent, shows wrong times, or reacts late to Ctrl-C.
import { describe, expect, it } from "vitest";
import { catchStopSignals } from "../../../src/command/terminal/stop-signals.ts";
import type { SignalSource, StopSignal } from "../../../src/command/terminal/stop-signals.ts";
import { handlePauses } from "../../../src/command/train/handle-pauses.ts";
import { Interrupted } from "../../../src/command/train/interruption.ts";
import { createLiveLine, timeText } from "../../../src/command/train/live-line.ts";
import { createPacer } from "../../../src/command/train/pacer.ts";
import type { EpochReport } from "../../../src/runtime/trainer/trainer.ts";
import { linearTrainer } from "../../runtime/linear-machine.ts";

/** A clock that moves only when the test advances it. */
function clock() {
  let time = 1000;
  return { now: () => time, pass: (milliseconds: number) => (time += milliseconds) };
}

/** A report at a pause, for epochs of 100 rows in 10 steps. */
const pauseAt = (epoch: number, step: number, loss = 0.5): EpochReport => ({
  epoch,
  loss,
  metrics: {},
  learningRate: 0.1,
  best: false,
  soFar: { step, steps: 10, rows: 10 * step },
});
const { soFar: _, ...epochEnd } = pauseAt(1, 10);

describe("a pacer", () => {
  it("begins with one step, then finds pieces of 50 ms", () => {
    const { now, pass } = clock();
    const pacer = createPacer(now);
    const lengths: number[] = [];
    for (let i = 0; i < 12; i++) {
      const length = pacer.next("steps");
      lengths.push(length);
      pass(2 * length);
      pacer.pause();
    }
    expect(lengths).toEqual([1, 2, 4, 8, 16, 25, 25, 25, 25, 25, 25, 25]);
  });

  it("takes one step at a time if a step takes longer", () => {
    const { now, pass } = clock();
    const pacer = createPacer(now);
    for (let i = 0; i < 4; i++) {
      expect(pacer.next("steps")).toBe(1);
      pass(800);
      pacer.pause();
    }
  });

  it("uses a separate piece length for evaluations, and does not count the time between pieces", () => {
    const { now, pass } = clock();
    const pacer = createPacer(now);
    for (const [kind, length] of [
      ["steps", 1],
      ["batches", 1],
      ["steps", 2],
      ["batches", 1],
    ] as const) {
      expect(pacer.next(kind)).toBe(length);
      pass(kind === "steps" ? 1 : 50);
      pacer.pause();
      pass(10_000);
    }
  });
});

describe("the progress line", () => {
  const subject = { name: "", epochs: 3, rows: 100, passed: 0 };

  it("is shown after the first step, and then twice a second", () => {
    const { now, pass } = clock();
    const line = createLiveLine(now);
    line.begin(subject);
    const shown: number[] = [];
    for (let step = 1; step <= 10; step++) {
      pass(150);
      if (line.at(pauseAt(1, step)) !== undefined) shown.push(step);
    }
    expect(shown).toEqual([1, 5, 9]);
  });

  it("has epoch, step, loss, speed and the times that are left", () => {
    const { now, pass } = clock();
    const line = createLiveLine(now);
    line.begin({ ...subject, name: "fold 1/2: " });
    pass(2000);
    expect(line.at(pauseAt(1, 1, 1.25))).toBe(
      "fold 1/2: epoch 1/3  step 1/10  loss 1.2500  5 rows/s  left: epoch 0:18, run 0:58",
    );
    pass(18_000);
    line.at(pauseAt(1, 10));
    // The evaluation takes 10 s, which later estimates include.
    pass(10_000);
    expect(line.at(pauseAt(1, 10))).toContain("5 rows/s");
    line.endEpoch();
    pass(10_000);
    expect(line.at(pauseAt(2, 5))).toBe(
      "fold 1/2: epoch 2/3  step 5/10  loss 0.5000  5 rows/s  left: epoch 0:20, run 0:50",
    );
  });

  it("counts only the rows of this run after it was resumed inside an epoch", () => {
    const { now, pass } = clock();
    const line = createLiveLine(now);
    line.begin({ ...subject, passed: 50 });
    pass(1000);
    expect(line.at(pauseAt(2, 6))).toContain("10 rows/s  left: epoch 0:04, run 0:14");
  });

  it.each([
    [0, "0:00"],
    [59_600, "1:00"],
    [754_000, "12:34"],
    [11_100_000, "3:05:00"],
    [Infinity, "?"],
  ])("writes %d ms as %s", (milliseconds, text) => expect(timeText(milliseconds)).toBe(text));
});

/** A process whose signals a test raises. */
function fakeProcess() {
  const listeners = new Map<StopSignal, (signal: StopSignal) => void>();
  const exits: number[] = [];
  const source: SignalSource = {
    on: (signal, listener) => listeners.set(signal, listener),
    off: (signal) => listeners.delete(signal),
    exit: (code) => exits.push(code),
  };
  return { source, exits, listeners, raise: (signal: StopSignal) => listeners.get(signal)?.(signal) };
}

describe("signals", () => {
  it("the first one is recorded, and a second one ends the process at once", () => {
    const { now, pass } = clock();
    const { source, exits, raise } = fakeProcess();
    const signals = catchStopSignals(undefined, source, now);
    expect(signals.received()).toBeUndefined();
    raise("SIGINT");
    expect([signals.received(), exits]).toEqual(["SIGINT", []]);
    pass(600);
    raise("SIGINT");
    raise("SIGTERM");
    expect(exits).toEqual([130, 143]);
  });

  it("one Ctrl-C that arrives twice, as through npx, is one", () => {
    const { now, pass } = clock();
    const { source, exits, raise } = fakeProcess();
    catchStopSignals(undefined, source, now);
    raise("SIGINT");
    pass(20);
    raise("SIGINT");
    expect(exits).toEqual([]);
  });

  it("are no longer caught after release", () => {
    const { source, listeners } = fakeProcess();
    const signals = catchStopSignals(undefined, source);
    expect([...listeners.keys()]).toEqual(["SIGINT", "SIGTERM"]);
    signals.release();
    expect(listeners.size).toBe(0);
  });
});

describe("a pause", () => {
  /** A handler whose signal arrives before the pause with this number, from 1. */
  function handlerWith(signalAt: number, savesEpochs: boolean) {
    let [pauses, saves] = [0, 0];
    const handler = handlePauses({
      redraw: () => {},
      openCheckpoint: () => Promise.resolve("model.ckpt"),
      savesEpochs,
      catchSignals: () => ({
        received: () => (++pauses >= signalAt ? "SIGTERM" : undefined),
        release: () => {},
      }),
    });
    handler.begin(linearTrainer(), { name: "", epochs: 3, rows: 100, passed: 0 });
    const save = async () => {
      saves++;
    };
    return { pause: (report: EpochReport) => handler.pause(report, save), saves: () => saves };
  }

  it("saves and stops after a signal, inside an epoch", async () => {
    const { pause, saves } = handlerWith(2, true);
    await pause(pauseAt(1, 1));
    expect(saves()).toBe(0);
    const error = await pause(pauseAt(1, 2)).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Interrupted);
    expect(error).toMatchObject({ signal: "SIGTERM", checkpoint: "model.ckpt", report: pauseAt(1, 2) });
    expect(saves()).toBe(1);
  });

  it.each([
    [true, 0],
    [false, 1],
  ])("after an epoch, which --out has saved (%s), saves %i times", async (savesEpochs, count) => {
    const { pause, saves } = handlerWith(1, savesEpochs);
    await expect(pause(epochEnd)).rejects.toThrow("stopped by SIGTERM");
    expect(saves()).toBe(count);
  });
});
