/** Runs the tests of each mutant. A failure counts only if the same test passes without the fault. */
import type { Mutant } from "./mutant.ts";
import { lateTests, quickTests } from "./net-of.ts";
import { runFuzzer, runTests } from "./net.ts";
import type { Kill } from "./net.ts";
import { ProjectCopy } from "./project-copy.ts";
import type { Result } from "./results.ts";

export interface CampaignOptions {
  /** The number of groups of tests to run, beginning with the cheapest one. */
  readonly parts: number;
  /** Whether to run only the fuzzer. */
  readonly fuzzerOnly: boolean;
  readonly specs: number;
  readonly seed: number;
  readonly seconds: number;
  /** Whether to assume that tests pass without a fault, instead of running them. */
  readonly trusts: boolean;
}

export class Campaign {
  private readonly copy: ProjectCopy;
  private readonly options: CampaignOptions;
  /** Whether a test passes without a fault, by test file or by the number of the fuzzer's spec. */
  private readonly passes = new Map<string | number, boolean>();

  constructor(project: string, options: CampaignOptions) {
    this.copy = new ProjectCopy(project);
    this.options = options;
  }

  end(): void {
    this.copy.remove();
  }

  async run(mutant: Mutant): Promise<Result> {
    const start = performance.now();
    const { fuzzerOnly, parts } = this.options;
    const fuzzer = () => this.fuzzed(mutant);
    const all = [
      () => this.tested(mutant, quickTests(mutant.file)),
      fuzzer,
      () => this.tested(mutant, lateTests(mutant.file)),
    ];
    let kill: Kill | undefined;
    for (const part of fuzzerOnly ? [fuzzer] : all.slice(0, parts)) kill ??= await part();
    const seconds = Math.round((performance.now() - start) / 1000);
    const { name, file } = mutant;
    return { name, file, seconds, killed: kill !== undefined, ...(kill && { by: kill.by, what: kill.what }) };
  }

  private async tested(mutant: Mutant, files: readonly string[]): Promise<Kill | undefined> {
    for (;;) {
      const usable = files.filter((file) => this.passes.get(file) !== false);
      const kill = await this.withFault(mutant, () => runTests(this.copy.root, usable, this.options.seconds));
      if (await this.counts(kill)) return kill;
    }
  }

  private async fuzzed(mutant: Mutant): Promise<Kill | undefined> {
    const { specs: count, seed, seconds } = this.options;
    for (;;) {
      const skipped = [...this.passes].flatMap(([spec, passes]) =>
        typeof spec === "number" && !passes ? [spec] : [],
      );
      const kill = await this.withFault(mutant, () =>
        runFuzzer(this.copy.root, { seed, first: 0, count, skipped }, seconds),
      );
      if (await this.counts(kill)) return kill;
    }
  }

  /** Whether the failure counts. It does not count if the same test or spec also fails without the fault. */
  private async counts(kill: Kill | undefined): Promise<boolean> {
    if (kill?.source === undefined) return true;
    const { source } = kill;
    if (this.options.trusts) return true;
    const known = this.passes.get(source) ?? (await this.passesWithoutFault(source));
    this.passes.set(source, known);
    if (!known) console.log(`${source} also fails without the fault and is skipped`);
    return known;
  }

  private async passesWithoutFault(source: string | number): Promise<boolean> {
    const { seed, seconds } = this.options;
    const kill =
      typeof source === "string"
        ? await runTests(this.copy.root, [source], seconds)
        : await runFuzzer(this.copy.root, { seed, first: source, count: 1, skipped: [] }, seconds);
    return kill === undefined;
  }

  private async withFault<T>(mutant: Mutant, work: () => Promise<T>): Promise<T> {
    this.copy.apply(mutant);
    try {
      return await work();
    } finally {
      this.copy.restore();
    }
  }
}
