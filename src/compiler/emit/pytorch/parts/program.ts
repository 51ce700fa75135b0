/** Python: the command line. */

const program = String.raw`
def main():
    arguments = argparse.ArgumentParser(description=f"Trains {NAME}.")
    arguments.add_argument("--data", metavar="FILE", required=True, help="CSV in UTF-8 with a header row")
    arguments.add_argument("--epochs", metavar="N", type=whole, default=EPOCHS, help=f"by default {EPOCHS}")
    arguments.add_argument("--seed", metavar="N", type=whole, default=SEED, help=f"by default {SEED}")
    arguments.add_argument("--dtype", choices=["f32", "f64", "bf16"], default=DTYPE, help="bf16: autocast")
    arguments.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    arguments.add_argument("--compile", action="store_true", help="run the model through torch.compile")
    arguments.add_argument("--json", action="store_true", help="print the result as JSON")
    given = arguments.parse_args()
    torch.set_default_dtype(torch.float64 if given.dtype == "f64" else torch.float32)
    torch.set_default_device(given.device)
    try:
        print(run(given))
    except InputError as error:
        sys.exit(fail(2, error))
    except Diverged as error:
        sys.exit(fail(1, error))
    except RuntimeError as error:
        if not type(error).__module__.startswith("torch._dynamo"):
            raise
        sys.exit(fail(2, "--compile: PyTorch cannot compile the model: it needs a C++ compiler and PyTorch's headers"))


def whole(text):
    """An integer from 0 to 4294967295."""
    if not re.fullmatch(r"\d+", text, re.ASCII) or int(text) > WORD:
        raise argparse.ArgumentTypeError(f"must be an integer from 0 to {WORD}, got {text}")
    return int(text)


def fail(code, error):
    print(f"error: {error}", file=sys.stderr)
    return code


def run(given):
    splits = read_splits(given.data, given.seed)
    trainer = Trainer(given.seed, torch.bfloat16 if given.dtype == "bf16" else None)BALANCE
    if given.compile:
        trainer.network = torch.compile(trainer.model)
    units = UNITS
    epochs, best_epoch = train(trainer, splits, given.epochs, units)
    results = {split: evaluated(trainer, data, split, units) for split, data in splits.items()}
    if given.json:
        results["train"] = results.pop("training")
        return json.dumps({"model": NAME, "epochs": epochs, "bestEpoch": best_epoch, **results})
    best = f", best epoch {best_epoch}" if best_epoch > 0 else ""
    names = {"training": "train"}
    lines = [f"{names.get(split, split):12}{metrics_text(metrics)}" for split, metrics in results.items()]
    return "\n".join([f"{NAME}: {epochs} epochs{best}", *lines])


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

export interface ProgramFeatures {
  readonly hasData: boolean;
  /** The class weights that follow from the data: the buffer of the model, and the target. */
  readonly balanced: readonly { readonly buffer: string; readonly target: string }[];
  /** The values in reports that are in the unit of a target, and the expression of the unit. */
  readonly units: readonly { readonly metric: string; readonly target: string }[];
}

/** The command line; without data, a program that refuses to run. All names are Python strings. */
export function programText({ hasData, balanced, units }: ProgramFeatures): string {
  if (!hasData) return refusal.trim();
  const calls = balanced.map(
    ({ buffer, target }) => `\n    balance(trainer.model.${buffer}, splits["training"][${target}])`,
  );
  const entries = units.map(({ metric, target }) => `${metric}: float(FIELDS[${target}].spans[0])`);
  const text = program.replace("BALANCE", calls.join("")).replace("UNITS", () => `{${entries.join(", ")}}`);
  return [...(balanced.length > 0 ? [balance.trim()] : []), text.trim()].join("\n\n\n");
}
