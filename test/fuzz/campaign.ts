/**
 * Runs many specs: passes them to child processes, collects the results, and shrinks one failure of each
 * class.
 */
import { fork } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleProgram } from "../../src/command/cli/bundle-program.js";
import { addCounts } from "./coverage.ts";
import type { Counts } from "./coverage.ts";
import { noTightness } from "./compare.ts";
import type { Tightness } from "./compare.ts";
import type { JsonObject } from "./random-parts.ts";
import { randomSpec } from "./random-spec.ts";
import type { Finding } from "./spec-run.ts";
import type { Reply, Request } from "./worker.ts";

export interface CampaignOptions {
  readonly seed: number;
  readonly first: number;
  readonly count: number;
  readonly seconds: number;
  /** The number of processes that run specs at the same time. */
  readonly jobs: number;
  readonly usesTorch: boolean;
  /**
   * The maximum number of smaller specs to try for each class of failures, and the maximum number of classes
   * to shrink.
   */
  readonly attempts: number;
  readonly classes: number;
  readonly say: (text: string) => void;
  /** Called whenever the list of failures has changed. */
  readonly save: (failures: readonly Failure[]) => void;
  readonly showsSpecs: boolean;
}

/** The failures of one class. */
export interface Failure {
  readonly class: string;
  readonly seed: number;
  /** The first spec with this failure, and the number of failures. */
  readonly index: number;
  count: number;
  readonly finding: Finding;
  /** The smallest spec found. */
  spec: JsonObject;
  isShrunk: boolean;
}

export interface Outcome {
  readonly seed: number;
  readonly ran: number;
  readonly failed: number;
  readonly refused: number;
  readonly seconds: number;
  readonly failures: readonly Failure[];
  readonly counts: Counts;
  readonly tightness: Readonly<Record<"f32" | "f64", Tightness>>;
}

/** The number of specs that one child runs. */
const specsOfChild = 300;
const secondsOfSpec = 120;
const secondsOfShrinking = 200;

/**
 * Bundles the program of the child processes into a new folder, which is removed when this process exits. The
 * bundle takes a tenth less time than sources that tsx transforms one by one: tsx keeps the name of each
 * function, also of those that are created again in each call.
 */
async function bundledWorker(): Promise<string> {
  const cache = fileURLToPath(new URL("../../node_modules/.cache/", import.meta.url));
  mkdirSync(cache, { recursive: true });
  const outdir = mkdtempSync(join(cache, "fuzz-"));
  process.once("exit", () => rmSync(outdir, { recursive: true, force: true }));
  await bundleProgram({ outdir, entries: { worker: "../test/fuzz/worker.ts" } });
  return join(outdir, "worker.mjs");
}

/** A child process that answers one request at a time. */
class Child {
  private readonly process: ChildProcess;

  constructor(file: string) {
    // Node 20 has relaxed SIMD behind a flag; later versions have it by default.
    const flags =
      process.allowedNodeEnvironmentFlags.has("--experimental-wasm-relaxed-simd") ||
      process.versions.node.startsWith("20.");
    this.process = fork(file, {
      execArgv: [
        ...(flags ? ["--experimental-wasm-relaxed-simd"] : []),
        // Compiling creates many short-lived nodes. A larger young generation collects them at less cost.
        "--max-semi-space-size=64",
        // Each spec runs other code, so most functions run only a few times.
        "--always-sparkplug",
      ],
    });
  }

  /** The reply, or the reason why it is missing. */
  ask(request: Request, seconds: number): Promise<Reply | string> {
    return new Promise((resolve) => {
      const finish = (answer: Reply | string) => {
        clearTimeout(timer);
        this.process.removeAllListeners("message");
        this.process.removeAllListeners("exit");
        resolve(answer);
      };
      const timer = setTimeout(() => {
        finish(`no answer within ${seconds} s`);
        this.end();
      }, 1000 * seconds);
      this.process.once("message", (reply: Reply) => finish(reply));
      this.process.once("exit", (code, signal) => finish(`the process ended (${signal ?? code})`));
      this.process.send(request);
    });
  }

  end(): void {
    this.process.kill("SIGKILL");
  }
}

/**
 * A sequence of child processes, one at a time. A child is replaced after `specsOfChild` specs, or when it
 * has ended.
 */
class Lane {
  private readonly file: string;
  private child: Child | undefined;
  private specsLeft = 0;

  constructor(file: string) {
    this.file = file;
  }

  async ask(request: Request, seconds: number): Promise<Reply | string> {
    if (this.child === undefined || this.specsLeft === 0) {
      this.child?.end();
      this.child = new Child(this.file);
      this.specsLeft = specsOfChild;
    }
    this.specsLeft--;
    const reply = await this.child.ask(request, seconds);
    if (typeof reply === "string") this.end();
    return reply;
  }

  end(): void {
    this.child?.end();
    this.child = undefined;
  }
}

export class Campaign {
  private readonly options: CampaignOptions;
  private readonly failures = new Map<string, Failure>();
  private readonly counts: Counts = {};
  private readonly tightness = { f32: noTightness(), f64: noTightness() };
  private next: number;
  private ran = 0;
  private failed = 0;
  private refused = 0;
  private readonly start = performance.now();

  constructor(options: CampaignOptions) {
    this.options = options;
    this.next = options.first;
  }

  async run(): Promise<Outcome> {
    const file = await bundledWorker();
    await Promise.all(Array.from({ length: this.options.jobs }, () => this.runLane(new Lane(file))));
    const { ran, failed, refused, counts, tightness } = this;
    const { seed } = this.options;
    const failures = [...this.failures.values()];
    return { seed, ran, failed, refused, seconds: this.elapsed(), failures, counts, tightness };
  }

  /** Runs specs until no spec or no time is left. */
  private async runLane(lane: Lane): Promise<void> {
    const { seed, first, count, seconds, usesTorch, say } = this.options;
    while (this.next < first + count && this.elapsed() < seconds) {
      const index = this.next++;
      const reply = await lane.ask({ kind: "run", seed, index, usesTorch }, secondsOfSpec);
      this.ran++;
      if (typeof reply === "string") {
        this.failed++;
        const finding = { where: "whole", kind: "error" as const, text: reply, class: `whole: ${reply}` };
        await this.take(lane, index, randomSpec(seed, index).spec, finding);
      } else if (reply.kind === "ran") {
        if (this.options.showsSpecs) this.show(reply);
        this.refused += reply.refused;
        addCounts(this.counts, reply.counts);
        for (const dtype of ["f32", "f64"] as const)
          addTightness(this.tightness[dtype], reply.tightness[dtype]);
        if (reply.findings.length > 0) this.failed++;
        for (const finding of reply.findings) await this.take(lane, index, reply.spec, finding);
      }
      if (this.ran % 50 === 0)
        say(
          `${this.ran} specs, ${this.failed} failed in ${this.failures.size} classes, ${this.elapsed().toFixed(0)} s`,
        );
    }
    lane.end();
  }

  private elapsed = (): number => (performance.now() - this.start) / 1000;

  private show(reply: Extract<Reply, { kind: "ran" }>): void {
    const { say } = this.options;
    say(JSON.stringify(reply.spec, undefined, 1));
    for (const { where, text } of reply.findings) say(`${where}: ${text}`);
  }

  /** Counts a failure. The first failure of each class is shrunk. */
  private async take(
    lane: Lane,
    index: number,
    spec: JsonObject,
    finding: Finding & { readonly class: string },
  ): Promise<void> {
    const { seed, attempts, classes, say, save } = this.options;
    const known = this.failures.get(finding.class);
    if (known !== undefined) {
      known.count++;
      return;
    }
    const failure: Failure = { class: finding.class, seed, index, count: 1, finding, spec, isShrunk: false };
    this.failures.set(finding.class, failure);
    say(`spec ${index} of seed ${seed}: ${finding.class}\n  ${finding.text.slice(0, 300)}`);
    if (
      attempts > 0 &&
      this.failures.size <= classes &&
      finding.where !== "whole" &&
      finding.where !== "types" &&
      finding.where !== "torch"
    ) {
      const reply = await lane.ask(
        { kind: "shrink", fuzzCase: { spec, seed: index }, finding, attempts },
        secondsOfShrinking,
      );
      if (typeof reply !== "string" && reply.kind === "shrunk") {
        failure.spec = reply.spec;
        failure.isShrunk = true;
        say(`  smallest: ${JSON.stringify(reply.spec)}`);
      }
    }
    save([...this.failures.values()]);
  }
}

function addTightness(into: Tightness, { compared, unbounded, loose, worst }: Tightness): void {
  into.compared += compared;
  into.unbounded += unbounded;
  into.loose += loose;
  into.worst = Math.max(into.worst, worst);
}
