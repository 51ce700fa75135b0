/**
 * `tapeless search`: tries every candidate of a spec's search, chooses on the validation part, and judges the
 * winner once on the test.
 */
import { foldedRegime } from "../../runtime/training/cross-validate.ts";
import { specText } from "../search/best-spec.ts";
import { searchHash } from "../search/identity.ts";
import { judge } from "../search/try-candidate.ts";
import { openData } from "../search/open-data.ts";
import { rankingOf } from "../search/ranking.ts";
import { readCandidates } from "../search/read-candidates.ts";
import { rankingCsv, rankingJson, rankingText, valuesText } from "../search/report.ts";
import { shardFile, shardFiles } from "../search/shards.ts";
import type { SearchFlags } from "../search/shards.ts";
import type { Model } from "../../compiler/spec/types.ts";
import { checkOutputs, ofSpec } from "../files/check-outputs.ts";
import { onData, readGuarded } from "../compile/compile-spec.ts";
import { checkEmit, emitSearch } from "./emit-search.ts";
import { readSource } from "../files/read-source.ts";
import { say, usageError } from "../terminal/report-error.ts";
import { joinShards, tryCandidates } from "./try-candidates.ts";
import { checkWritable, writeFile } from "../files/write-file.ts";

/** Returns the exit code: 1 if every training diverged. */
export async function searchSpec(file: string, flags: SearchFlags): Promise<number> {
  checkFlags(flags);
  const { dtype, shard } = flags;
  const spec = await readGuarded(file);
  const { model, source, warnings } = spec;
  say(warnings);
  const whole = flags.out ?? `${model.name}.search.jsonl`;
  const out = shard === undefined ? whole : shardFile(whole, shard);
  await checkFiles(file, model, whole, flags);
  const { candidates, criterion } = await readCandidates(spec, dtype);
  if (flags.emit !== undefined) {
    await emitSearch(model.name, file, flags);
    return 0;
  }
  const [{ preparing }] = candidates;
  const rows = await readSource({ spec: file, source, model, facts: preparing.model, given: flags.data });
  const preparings = candidates.map(({ preparing }) => preparing);
  const { seed } = model.training;
  const open = openData(preparings, { source: rows, seed, placed: onData, warn });

  const search = {
    file,
    dtype,
    candidates,
    open,
    model: model.name,
    hash: searchHash(candidates, open, dtype),
  };
  const outcomes = flags.merge ? joinShards(search, out) : await tryCandidates(search, out, flags);
  if (shard !== undefined) return 0;

  const ranking = rankingOf(candidates, outcomes, criterion);
  const [best] = ranking.ranked;
  if (flags.csv !== undefined) await writeFile(flags.csv, rankingCsv(ranking));
  if (best === undefined) {
    const message = `every candidate diverged: ${ranking.diverged[0].reason}`;
    const hint = "smaller learning rates, gradient clipping (`optimizer.clip`) or scaled inputs may help";
    say([{ code: "T4001", severity: "error", message, hint }]);
    return 1;
  }
  const winner = candidates[best.candidate.number];
  if (flags.writeBest !== undefined)
    await writeFile(flags.writeBest, specText(winner.spec, file, flags.writeBest));
  const judged = await judge(winner.model, best.outcome, rows, onData, dtype);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(rankingJson(criterion.metric, ranking, best, judged))}\n`
      : `${rankingText(ranking)}\ncandidate ${winner.number}: ${valuesText(winner.values)}\n` +
          `${foldedRegime.text(judged)}\n`,
  );
  return 0;
}

/** `whole`: what keeps the results of all shards. @throws DiagnosticError (T1011, T1014) before anything is tried */
async function checkFiles(spec: string, model: Model, whole: string, flags: SearchFlags): Promise<void> {
  const { csv, writeBest, output, shard } = flags;
  const shards = flags.merge ? shardFiles(whole) : undefined;
  await checkOutputs(
    { "--out": whole, "--csv": csv, "--write-best": writeBest, "-o": output },
    { ...ofSpec(spec, model, flags.data), "the results of a shard": shards },
  );
  if (flags.emit !== undefined) return;
  for (const file of [whole, shard && shardFile(whole, shard), csv, writeBest])
    if (file !== undefined) await checkWritable(file);
}

const warn = (message: string) => say([{ code: "T2006", severity: "warning", message }]);

/** @throws DiagnosticError (T1010) for flags that do not go together */
function checkFlags(flags: SearchFlags): void {
  checkEmit(flags);
  const { shard, merge, emit, json, csv, writeBest, threads } = flags;
  const works = [shard && "--shard", merge && "--merge", emit && "--emit"].filter(
    (flag) => typeof flag === "string",
  );
  if (works.length > 1) throw usageError(`${works.join(" and ")} cannot be done at once`);
  if (threads !== undefined && (merge || emit !== undefined))
    throw usageError(`${works[0]} tries no candidate, so there is nothing for --threads to do`);
  const results = [json && "--json", csv && "--csv", writeBest && "--write-best"].filter(
    (flag) => typeof flag === "string",
  );
  if (works.length === 1 && !merge && results.length > 0)
    throw usageError(
      `${works[0]} chooses nothing, so there is nothing for ${results[0]} to tell`,
      "--merge tells it",
    );
  if (writeBest !== undefined && !/\.(json|ya?ml)$/.test(writeBest))
    throw usageError(`--write-best ${writeBest}: a spec is written as .json, .yaml or .yml`);
}
