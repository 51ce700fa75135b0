/** Python: the command line. */
import type { DataFeatures } from "./data.ts";
import { stringText } from "../python-text.ts";

const program = String.raw`
def main():
    arguments = argparse.ArgumentParser(description=f"Trains {NAME}.")
    arguments.add_argument("--data", metavar=DATA_FILE)
    epochs_help = f"in total, with those of a checkpoint; by default {EPOCHS}"
    arguments.add_argument("--epochs", metavar="N", type=whole, default=EPOCHS, help=epochs_help)
    arguments.add_argument("--seed", metavar="N", type=whole, help=f"by default {SEED}")
    arguments.add_argument("--out", metavar="FILE", help="write a checkpoint after every epoch: FILE.safetensors")
    arguments.add_argument("--save-steps", metavar="N", type=whole, default=0, help="with --out: also after N steps")
    arguments.add_argument("--resume", metavar="FILE", help="continue from a checkpoint: FILE.safetensors")
    arguments.add_argument("--dtype", choices=["f32", "f64", "bf16"], default=DTYPE, help="bf16: autocast")
    arguments.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    arguments.add_argument("--compile", action="store_true", help="run the model through torch.compile")
    shard_help = "with several processes: divide the states of the optimizer among them"
    arguments.add_argument("--shard-states", action="store_true", help=shard_help)
    arguments.add_argument("--json", action="store_true", help="print the result as JSON")
    given = arguments.parse_args()
    torch.set_default_dtype(torch.float64 if given.dtype == "f64" else torch.float32)
    torch.set_default_device(given.device)
    try:
        join_processes(given.device)
        result = run(given)
        if rank() == 0:
            print(result)
        if dist.is_initialized() and dist.get_backend() == "nccl":  # gloo may wait for a process that has ended
            dist.destroy_process_group()
    except InputError as error:
        sys.exit(fail(2, error))
    except Diverged as error:
        sys.exit(fail(1, error))
    except RuntimeError as error:
        if not type(error).__module__.startswith("torch._dynamo"):
            raise
        sys.exit(fail(2, "--compile: PyTorch cannot compile the model: it needs a C++ compiler and PyTorch's headers"))


def join_processes(device):
    """Joins the other processes, if torchrun has started several. For cuda, each has its own GPU."""
    gpu, gpus = int(os.environ.get("LOCAL_RANK", 0)), torch.cuda.device_count()
    if device == "cuda" and gpu >= gpus:
        raise InputError(f"--device cuda: process {gpu} of this machine has no GPU, because there are {gpus}")
    if device == "cuda":
        torch.cuda.set_device(gpu)
    if int(os.environ.get("WORLD_SIZE", 1)) > 1:
        JOIN


def whole(text):
    """An integer from 0 to 4294967295."""
    if not re.fullmatch(r"\d+", text, re.ASCII) or int(text) > WORD:
        raise argparse.ArgumentTypeError(f"must be an integer from 0 to {WORD}, got {text}")
    return int(text)


def fail(code, error):
    if os.environ.get("LOCAL_RANK", "0") == "0":
        print(f"error: {error}", file=sys.stderr)
    return code


def run(given):
    seed, autocast = SEED if given.seed is None else given.seed, torch.bfloat16 if given.dtype == "bf16" else None
    SHARDS
    if given.resume is not None:
        load_checkpoint(trainer, given.resume)
        if "stream" in trainer.notes:
            raise InputError(f"{given.resume} was trained with --stream, which splits and orders the rows differently")
        if given.seed not in (None, trainer.seed):
            raise InputError(f"--seed {given.seed}: {given.resume} was trained with seed {trainer.seed}")
    if given.out is not None:
        check_output(given.out)
    elif given.save_steps > 0:
        raise InputError("--save-steps needs --out FILE")
    splits = read_splits(given.data, trainer.seedOTHER_FILES)
    note_fields(trainer, given.resume)BALANCE
    if given.compile:
        trainer.network = torch.compile(trainer.model)
    units = UNITS

    def save():
        if given.out is not None:
            save_checkpoint(trainer, given.out)

    def after_step():
        if given.save_steps > 0 and trainer.step_count % given.save_steps == 0:
            save()

    train(trainer, splits, given.epochs, units, save, after_step)
    results = {split: in_units(evaluated(trainer, data, split), units) for split, data in splits.items()}
    epochs, best_epoch = trainer.progress["epoch"], trainer.progress["bestEpoch"]
    if given.json:
        results["train"] = results.pop("training")
        return json.dumps({"model": NAME, "epochs": epochs, "bestEpoch": best_epoch, **results})
    best = f", best epoch {best_epoch}" if best_epoch > 0 else ""
    names = {"training": "train"}
    lines = [f"{names.get(split, split):12}{metrics_text(metrics, {})}" for split, metrics in results.items()]
    return "\n".join([f"{NAME}: {epochs} epochs{best}", *lines])


def note_fields(trainer, file):
    """Adds the fitted encoding to the notes of checkpoints. It must be that with which training began."""
    fields = json.loads(json.dumps([{"name": name, **field.fitted()} for name, field in FIELDS.items()]))
    trained = trainer.notes.get("fields", fields) if trainer.step_count > 0 else fields
    if trained != fields:
        others = [field["name"] for field in fields if not isinstance(trained, list) or field not in trained]
        what = f"{', '.join(others)} is encoded differently"
        raise InputError(f"{file}: the checkpoint was trained on other data: {what}")
    trainer.notes["fields"] = fields


if __name__ == "__main__":
    main()
`;

const refusal = String.raw`
if __name__ == "__main__":
    sys.exit("error: the spec has no data section, so this file cannot train by itself: import Trainer from it")
`;

const balance = String.raw`
def balance(weights, classes):
    """Sets w = m / (K * m_c) for a class with m_c of m labels, so that all K classes have the same total weight."""
    counts = torch.bincount(classes[classes >= 0].flatten(), minlength=len(weights)).double()
    weights.copy_(torch.where(counts == 0, 0.0, counts.sum() / (len(weights) * counts)))
`;

const sharding = `trainer = Trainer(seed, autocast, process_count() if given.shard_states else 1)`;

const noSharding = `if given.shard_states:
        raise InputError("--shard-states: the optimizer computes each parameter from other parameters")
    trainer = Trainer(seed, autocast)`;

const joining = String.raw`
        try:
            dist.init_process_group("nccl" if device == "cuda" else "gloo")
        except (RuntimeError, ValueError) as error:
            raise InputError(f"cannot join the other processes: {error}") from error
`;

/** The code that joins the other processes, or the reasons why the model needs all rows in one process. */
const joinText = (reasons: readonly string[]): string =>
  reasons.length === 0
    ? joining.trim()
    : `raise InputError(${stringText(`several processes cannot train this model: ${reasons.join("; ")}`)})`;

export interface ProgramFeatures {
  /** Where the rows are; undefined without data. */
  readonly data: Pick<DataFeatures, "idx" | "others"> | undefined;
  /** The class weights that follow from the data: the buffer of the model, and the target. */
  readonly balanced: readonly { readonly buffer: string; readonly target: string }[];
  /** The values in reports that are in the unit of a target, and the expression of the unit. */
  readonly units: readonly { readonly metric: string; readonly target: string }[];
  /** Why several processes cannot train the model. */
  readonly refusals: readonly string[];
  /** Whether several processes can divide the states of the optimizer. */
  readonly isDivisible: boolean;
}

/** The arguments of the parser for `--data`, and further options for splits with files of their own. */
function fileArguments({ idx, others }: NonNullable<ProgramFeatures["data"]>): string {
  const folder = '"FOLDER", required=True, help="the folder of the IDX files"';
  if (idx !== undefined) return folder;
  const file = '"FILE", required=True, help="CSV in UTF-8 with a header row"';
  const lines = others.map(
    (split) =>
      `)\n    arguments.add_argument("--${split}", metavar="FILE", required=True, help="the ${split} rows"`,
  );
  return file + lines.join("");
}

/** The command line; without data, a program that refuses to run. All names are Python strings. */
export function programText({ data, balanced, units, refusals, isDivisible }: ProgramFeatures): string {
  if (data === undefined) return refusal.trim();
  const others = data.idx === undefined ? data.others.map((split) => `, given.${split}`) : [];
  const calls = balanced.map(
    ({ buffer, target }) => `\n    balance(trainer.model.${buffer}, splits["training"][${target}])`,
  );
  const entries = units.map(({ metric, target }) => `${metric}: float(FIELDS[${target}].spans[0])`);
  const text = program
    .replace("DATA_FILE", fileArguments(data))
    .replace("OTHER_FILES", others.join(""))
    .replace("JOIN", () => joinText(refusals))
    .replace("SHARDS", isDivisible ? sharding : noSharding)
    .replace("BALANCE", calls.join(""))
    .replace("UNITS", () => `{${entries.join(", ")}}`);
  return [...(balanced.length > 0 ? [balance.trim()] : []), text.trim()].join("\n\n\n");
}
