/** Python: the trainer, which takes steps and evaluates, and the loop over epochs. */

const head = String.raw`
class Trainer:
    """A model, the states of its optimizer, the number of steps, and the progress of training."""

    def __init__(self, seed=SEED, autocast=None, shards=1):
        self.seed, self.step_count, self.rate, self.autocast = seed, 0, 0.0, autocast
        self.model = Model()
        initialise(self.model, seed)
        tensors = dict(self.model.named_parameters())
        self.places = [at or name for name, (_, _, at, _, is_trained) in PARAMETERS.items() if is_trained]
        self.parameters = [tensors[name] for name in self.places]
        # The parameters are views of one vector, which the optimizer updates.
        self.vector = nn.utils.parameters_to_vector(self.parameters).detach()
        nn.utils.vector_to_parameters(self.vector, self.parameters)
        self.shards = Shards(shards, len(self.vector))
        self.states = new_states(len(self.vector[self.shards.own]))
        self.network = self.model
        self.progress = {"epoch": 0, "rows": 0, "sum": 0.0, "monitor": ""}
        self.progress |= {"bestEpoch": 0, "bestValue": 0.0, "waited": 0}
        self.best, self.last, self.notes = {}, {}, {}  # parameters of the best and the last epoch; notes in checkpoints

    def cast(self):
        """The context that computes in bfloat16 where that is safe, if this is chosen."""
        if self.autocast is None:
            return contextlib.nullcontext()
        return torch.autocast(torch.get_default_device().type, self.autocast)

    def begin(self):
        """Starts a step: without gradients, in training mode."""
        if not self.model.training:
            self.model.train()
        for parameter in self.parameters:
            parameter.grad = None
`;

const drawing = String.raw`
    def draw(self, step):
        self.model.draws.seed, self.model.draws.step = self.seed, step
`;

const gradientOfBatch = String.raw`
    def loss_of(self, batch):
        """The loss of a batch, whose gradients backward() computes."""
        with self.cast():
            return loss_value(over_processes(loss_sums(self.network, batch)))PENALTY
`;

const oneBatch = String.raw`
    def gradient(self, batches):
        """Computes the gradients of the loss over the rows of the batch. Returns the loss."""
        self.begin()
        [batch] = batchesDRAW
        loss = self.loss_of(batch)
        loss.backward()
        return loss.item()
`;

const severalBatches = String.raw`
    def gradient(self, batches):
        """
        Computes the gradients of the loss V(T) over the rows of all batches, where T are the totals of sums S over the
        rows of a batch. The gradient of each batch is the derivative of V by T, times that of S. Returns the loss.
        """
        self.begin()
        totals = {}
        with torch.no_grad():
            for index, batch in enumerate(batches):DRAW
                for name, total in self.sums(batch).items():
                    totals[name] = totals.get(name, 0) + total.double()
        totals = {name: total.requires_grad_() for name, total in totals.items()}
        value = loss_value(totals)
        shares = dict(zip(totals, torch.autograd.grad(value, list(totals.values()), allow_unused=True)))
        for index, batch in enumerate(batches):DRAW
            sums = self.sums(batch)
            moved = [name for name, total in sums.items() if total.requires_grad and shares[name] is not None]
            objective = sum(shares[name] * sums[name] for name in moved)SHARED_PENALTY
            objective.backward()MOVE
        return (valuePENALTY).item()

    def sums(self, batch):
        with self.cast():
            return over_processes(loss_sums(self.network, batch))
`;

const stepping = String.raw`
    def step(self, batches):
        """One step of the optimizer. Returns the loss before the update."""
        loss = self.gradient(batches)
        with torch.no_grad():
            gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
            gradient = self.shards.mean([each.reshape(-1) for each in gradients])
            step = torch.tensor(float(self.step_count), dtype=torch.float64)
            own = self.shards.own
            self.rate = float(update(self.vector[own], gradient, self.states, stepARGUMENTS))
            if self.shards.count > 1:
                self.vector.copy_(self.shards.whole(self.vector[own]))AVERAGEMOVE
        self.step_count += 1
        return loss
`;

/** The states of the optimizer in checkpoints, which do not depend on the number of processes. */
const wholeStates = String.raw`
    def whole_states(self):
        """The states for all parameters. If they are divided, every process must call this function."""
        return {name: self.shards.whole(values) for name, values in self.states.items()}

    def keep_states(self, states):
        """Sets the states from those for all parameters."""
        self.states = {name: self.shards.part(values).clone() for name, values in states.items()}
`;

const averagedShards = `
                self.average.copy_(self.shards.whole(self.average[own]))`;

const statistics = String.raw`
def move_statistics(model):
    """Moves running statistics to the values that the last batch has computed."""
    with torch.no_grad():
        for module in model.modules():
            for name in getattr(module, "statistics", ()):
                getattr(module, name).copy_(getattr(module, f"next_{name}"))
`;

const averaging = String.raw`
    @contextlib.contextmanager
    def averaged(self):
        """The model with the moving average of its parameters, which evaluation uses."""
        nn.utils.vector_to_parameters(self.average, self.parameters)
        yield
        nn.utils.vector_to_parameters(self.vector, self.parameters)
`;

const evaluating = String.raw`
    def evaluate(self, data):
        """The loss and the metrics over all rows."""
        self.model.eval()
        totals = {}
        with torch.no_grad()AVERAGED:
            for rows in torch.arange(row_count(data), device="cpu").split(BATCH_SIZE):
                batch = batch_of(data, rows)
                for name, total in metric_sums(self.network, batch).items():
                    totals[name] = totals.get(name, 0) + total.double()
            return {name: float(value) for name, value in summary(over_processes(totals)).items()}
`;

const batches = String.raw`
def row_count(data):
    return len(next(iter(data.values())))


def batch_of(data, rows):
    """Of these rows of the data, those of this process, on the device of the model."""
    own = rows[rank() :: process_count()]
    return {name: values[own].to(torch.get_default_device()) for name, values in data.items()}


def train_epoch(trainer, data, epoch, after_step=lambda: None):
    """One pass over the rows, or its rest, in an order that depends on seed and epoch only. Returns the mean loss."""
    progress, size = trainer.progress, BATCH_SIZE * BATCHES_PER_STEP
    order = np.arange(row_count(data))SHUFFLE
    if progress["rows"] > len(order):
        raise InputError(f"the checkpoint was saved after {progress['rows']} rows, but there are only {len(order)}")
    for start in range(progress["rows"], len(order), size):
        rows = torch.from_numpy(order[start : start + size])
        loss = trainer.step([batch_of(data, indices) for indices in rows.split(BATCH_SIZE)])
        check_loss(loss, f"the loss at step {trainer.step_count}, in epoch {epoch},")
        progress["rows"] += len(rows)
        progress["sum"] += loss * len(rows)
        after_step()
    mean = progress["sum"] / progress["rows"]
    progress.update(rows=0, sum=0.0)
    return mean


class Diverged(Exception):
    """The loss is not finite."""


def check_loss(loss, what):
    if not math.isfinite(loss):
        raise Diverged(f"training diverged: {what} is {loss}")


def evaluated(trainer, data, split):
    metrics = trainer.evaluate(data)
    check_loss(metrics["loss"], f"the {split} loss")
    return metrics
`;

const loop = String.raw`
def train(trainer, splits, epochs, units, save=lambda: None, after_step=lambda: None):
    """
    Trains for these epochs, with those of a checkpoint, or until the monitored value has not improved for PATIENCE
    epochs. Prints a line for each epoch and saves a checkpoint. Leaves the parameters of the best epoch in the model.
    """
    progress, total = trainer.progress, epochs
    keeps_best = KEEPS_BEST and ("validation" in splits or PATIENCE < math.inf)
    monitored = "validation" if "validation" in splits else "training"
    if trainer.notes.get("stopped") == progress["epoch"]:
        epochs = progress["epoch"]
    resume(trainer, f"{monitored} {MONITOR}{', kept' if keeps_best else ''}", epochs)
    while progress["epoch"] < epochs and progress["waited"] < PATIENCE:
        epoch = progress["epoch"] + 1
        metrics = {"loss": train_epoch(trainer, splits["training"], epoch, after_step)}
        if METRICS:
            metrics |= {**evaluated(trainer, splits["training"], "training"), "loss": metrics["loss"]}
        line = f"epoch {epoch}/{epochs}  {metrics_text(metrics, units)}"
        if "validation" in splits:
            metrics = evaluated(trainer, splits["validation"], "validation")
            line += f"  validation {metrics_text(metrics, units)}"
        progress.update(epoch=epoch, waited=progress["waited"] + 1)
        value = metrics[MONITOR]
        gain = (value - progress["bestValue"]) * (1 if HIGHER_IS_BETTER else -1)
        if math.isfinite(value) and (progress["bestEpoch"] == 0 or gain > MIN_DELTA):
            progress.update(bestEpoch=epoch, bestValue=value, waited=0)
            trainer.best = parameters_of(trainer) if keeps_best else {}
            line += "  best"
        save()
        if rank() == 0:
            print(line, file=sys.stderr)
    if trainer.best and progress["bestEpoch"] < progress["epoch"]:
        trainer.last = parameters_of(trainer)
        set_parameters(trainer, trainer.best)
    if progress["epoch"] < total:
        trainer.notes["stopped"] = progress["epoch"]
    save()


def resume(trainer, monitor, epochs):
    """Continues the search for the best epoch, unless it is over or was by another value, from the last epoch."""
    progress = trainer.progress
    is_over = trainer.last and progress["waited"] >= PATIENCE and progress["epoch"] < epochs
    if is_over or progress["monitor"] != monitor:
        progress.update(rows=0, sum=0.0, monitor=monitor, bestEpoch=0, bestValue=0.0, waited=0)
        trainer.best, trainer.last = {}, {}
    if trainer.last:
        set_parameters(trainer, trainer.last)
        trainer.last = {}


def metrics_text(metrics, units):
    return "  ".join(f"{name} {number_text(value)}" for name, value in in_units(metrics, units).items())


def in_units(metrics, units):
    """The values, those of a scaled target in its own units."""
    return {name: value * units.get(name, 1.0) for name, value in metrics.items()}


def number_text(value):
    """Four decimals. Very small and very large values have four significant digits instead."""
    size = abs(value)
    return f"{value:.4f}" if value == 0 or 0.001 <= size < 1e6 else f"{value:.4g}"
`;

export interface TrainingFeatures {
  readonly isRandom: boolean;
  readonly hasPenalty: boolean;
  readonly hasStatistics: boolean;
  readonly isAveraged: boolean;
  /** Whether the optimizer adds numbers of all parameters, as clipping by the norm does. */
  readonly hasTotals: boolean;
  readonly shuffles: boolean;
  /** The number of batches per step; undefined if each step has one batch. */
  readonly accumulate: number | undefined;
}

/** The trainer and its loop, with the code that the features need. */
export function trainingText(features: TrainingFeatures): string {
  const { isRandom, hasPenalty, hasStatistics, isAveraged, hasTotals, shuffles, accumulate } = features;
  const isGroup = accumulate !== undefined;
  const indent = isGroup ? "                " : "        ";
  const step = isGroup ? `self.step_count * ${accumulate} + index` : "self.step_count";
  const draw = (pad: string) => (isRandom ? `\n${pad}self.draw(${step})` : "");
  const penalty = hasPenalty ? " + penalty(self.model)" : "";
  const move = (pad: string) => (hasStatistics ? `\n${pad}move_statistics(self.model)` : "");
  const gradient = isGroup
    ? severalBatches
        .replace("DRAW", draw(indent))
        .replace("DRAW", draw("            "))
        .replace("SHARED_PENALTY", hasPenalty ? " + penalty(self.model) / len(batches)" : "")
        .replace("PENALTY", penalty)
        .replace("MOVE", move("            "))
    : gradientOfBatch.replace("PENALTY", penalty) + oneBatch.replace("DRAW", draw(indent));
  const own = isAveraged
    ? head.replace("self.network =", "self.average = self.vector.clone()\n        self.network =")
    : head;
  const trainer = [
    own.trimEnd(),
    ...(isRandom ? [drawing.trimEnd()] : []),
    gradient.trimEnd(),
    stepping
      .replace(
        "ARGUMENTS",
        (isAveraged ? ", self.average[own]" : "") + (hasTotals ? ", self.shards.total" : ""),
      )
      .replace("AVERAGE", isAveraged ? averagedShards : "")
      .replace("MOVE", isGroup ? "" : move("            "))
      .trimEnd(),
    wholeStates.trimEnd(),
    ...(isAveraged ? [averaging.trimEnd()] : []),
    evaluating.replace("AVERAGED", isAveraged ? ", self.averaged()" : "").trimEnd(),
  ].join("\n");
  const shuffled = "\n    order = shuffle(order, random_key(trainer.seed, epoch, SHUFFLE_SALT))";
  return [
    ...(hasStatistics ? [statistics] : []),
    trainer,
    batches.replace("SHUFFLE", shuffles ? shuffled : ""),
    loop,
  ]
    .map((text) => text.trim())
    .join("\n\n\n");
}
