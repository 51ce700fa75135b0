/** Python: the trainer, which takes steps and evaluates, and the loop over epochs. */

const head = String.raw`
class Trainer:
    """A model, the states of its optimizer, and the number of steps so far."""

    def __init__(self, seed=SEED, autocast=None):
        self.seed, self.step_count, self.rate, self.autocast = seed, 0, 0.0, autocast
        self.model = Model()
        initialise(self.model, seed)
        tensors = dict(self.model.named_parameters())
        places = [at or name for name, (_, _, at, _, is_trained) in PARAMETERS.items() if is_trained]
        self.parameters = [tensors[name] for name in places]
        # The parameters are views of one vector, which the optimizer updates.
        self.vector = nn.utils.parameters_to_vector(self.parameters).detach()
        nn.utils.vector_to_parameters(self.vector, self.parameters)
        self.states = new_states(len(self.vector))
        self.network = self.model

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
            return loss_value(loss_sums(self.network, batch))PENALTY
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
            return loss_sums(self.network, batch)
`;

const stepping = String.raw`
    def step(self, batches):
        """One step of the optimizer. Returns the loss before the update."""
        loss = self.gradient(batches)
        with torch.no_grad():
            gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in self.parameters]
            gradient = torch.cat([each.reshape(-1) for each in gradients])
            step = torch.tensor(float(self.step_count), dtype=torch.float64)
            UPDATE
            self.vector.copy_(vector)MOVE
        self.rate = float(rate)
        self.step_count += 1
        return loss
`;

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
            return {name: float(value) for name, value in summary(totals).items()}
`;

const batches = String.raw`
def row_count(data):
    return len(next(iter(data.values())))


def batch_of(data, rows):
    """These rows of the data, on the device of the model."""
    return {name: values[rows].to(torch.get_default_device()) for name, values in data.items()}


def train_epoch(trainer, data, epoch):
    """One pass over the rows. Their order depends only on the seed and the epoch. Returns the mean loss."""
    order = np.arange(row_count(data))SHUFFLE
    total = 0.0
    for rows in torch.from_numpy(order).split(BATCH_SIZE * BATCHES_PER_STEP):
        loss = trainer.step([batch_of(data, indices) for indices in rows.split(BATCH_SIZE)])
        check_loss(loss, f"the loss at step {trainer.step_count}, in epoch {epoch},")
        total += loss * len(rows)
    return total / len(order)


class Diverged(Exception):
    """The loss is not finite."""


def check_loss(loss, what):
    if not math.isfinite(loss):
        raise Diverged(f"training diverged: {what} is {loss}")


def evaluated(trainer, data, split, units):
    """The loss and the metrics, those of a scaled target in its own units."""
    metrics = trainer.evaluate(data)
    check_loss(metrics["loss"], f"the {split} loss")
    return {name: value * units.get(name, 1.0) for name, value in metrics.items()}
`;

const loop = String.raw`
def train(trainer, splits, epochs, units):
    """
    Trains for these epochs, or until the monitored value has not improved for PATIENCE epochs. Prints a line for each
    epoch. Returns the number of epochs and the best of them, and leaves its parameters in the model.
    """
    best_epoch, best_value, best_state, epoch = 0, math.nan, None, 0
    while epoch < epochs and epoch - best_epoch < PATIENCE:
        epoch += 1
        metrics = {"loss": train_epoch(trainer, splits["training"], epoch)}
        if METRICS:
            metrics |= {**evaluated(trainer, splits["training"], "training", units), "loss": metrics["loss"]}
        line = f"epoch {epoch}/{epochs}  {metrics_text(metrics)}"
        if "validation" in splits:
            metrics = evaluated(trainer, splits["validation"], "validation", units)
            line += f"  validation {metrics_text(metrics)}"
        value = metrics[MONITOR]
        gain = (value - best_value) * (1 if HIGHER_IS_BETTER else -1)
        if math.isfinite(value) and (best_epoch == 0 or gain > MIN_DELTA):
            best_epoch, best_value = epoch, value
            best_state = STATE
            line += "  best"
        print(line, file=sys.stderr)
    if KEEPS_BEST and best_state is not None and ("validation" in splits or PATIENCE < math.inf):
        RESTORE
    return epoch, best_epoch


def metrics_text(metrics):
    return "  ".join(f"{name} {number_text(value)}" for name, value in metrics.items())


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
  readonly shuffles: boolean;
  /** The number of batches per step; undefined if each step has one batch. */
  readonly accumulate: number | undefined;
}

/** The trainer and its loop, with the code that the features need. */
export function trainingText(features: TrainingFeatures): string {
  const { isRandom, hasPenalty, hasStatistics, isAveraged, shuffles, accumulate } = features;
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
  const update = isAveraged
    ? "vector, self.states, rate, self.average = update(self.vector, gradient, self.states, step, self.average)"
    : "vector, self.states, rate = update(self.vector, gradient, self.states, step)";
  const own = isAveraged
    ? head.replace("self.network =", "self.average = self.vector.clone()\n        self.network =")
    : head;
  const trainer = [
    own.trimEnd(),
    ...(isRandom ? [drawing.trimEnd()] : []),
    gradient.trimEnd(),
    stepping
      .replace("UPDATE", update)
      .replace("MOVE", isGroup ? "" : move("            "))
      .trimEnd(),
    ...(isAveraged ? [averaging.trimEnd()] : []),
    evaluating.replace("AVERAGED", isAveraged ? ", self.averaged()" : "").trimEnd(),
  ].join("\n");
  const shuffled = "\n    order = shuffle(order, random_key(trainer.seed, epoch, SHUFFLE_SALT))";
  const copied = "{name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}";
  return [
    ...(hasStatistics ? [statistics] : []),
    trainer,
    batches.replace("SHUFFLE", shuffles ? shuffled : ""),
    loop
      .replace("STATE", isAveraged ? `${copied}, trainer.average` : copied)
      .replace(
        "RESTORE",
        isAveraged
          ? "state, trainer.average = best_state\n        trainer.model.load_state_dict(state)"
          : "trainer.model.load_state_dict(best_state)",
      ),
  ]
    .map((text) => text.trim())
    .join("\n\n\n");
}
