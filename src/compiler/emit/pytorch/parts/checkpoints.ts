/** Python: checkpoints in the format of safetensors, as `command/formats/parameters/tensor-checkpoint.ts` has them. */

const views = String.raw`
# A checkpoint is a file in the format of safetensors: length of the header (8 bytes, little-endian), header (JSON),
# numbers. Its tensors have the names and the order of axes of the spec: "dense1.weight" is a parameter, and
# "best:dense1.weight" that of the best epoch.

class InputError(Exception):
    """An error in a file or in the arguments."""


def open_regular(file, mode="rb", **options):
    """Opens a file to read it. A pipe is an error, because the program would wait for it."""
    if os.path.exists(file) and not os.path.isfile(file):
        raise OSError(errno.EINVAL, "it is not a regular file")
    return open(file, mode, **options)


def stored(trainer, states):
    """Views of the tensors that training changes, by their names in checkpoints. states: those for all parameters."""
    tensors = dict(trainer.model.named_parameters()) | dict(trainer.model.named_buffers())
    views = {name: in_spec(tensors, name).detach() for name in PARAMETERS}AVERAGEDSTATES
    return views


def parts_of(trainer, vector, prefix=""):
    """Views of a vector of all trainable parameters: a tensor for each of them, by its name in the spec."""
    parts = vector.split([parameter.numel() for parameter in trainer.parameters])
    tensors = {name: part.view_as(own) for name, part, own in zip(trainer.places, parts, trainer.parameters)}
    return {prefix + name: in_spec(tensors, name) for name, (*_, is_trained) in PARAMETERS.items() if is_trained}


def parameters_of(trainer):
    """A copy of the parametersMEANING."""
    return {name: view.clone() for name, view in stored(trainer, {}).items() if name in PARAMETERS}


def set_parameters(trainer, values):
    for name, view in stored(trainer, {}).items():
        if name in PARAMETERS:
            view.copy_(values[name])
`;

const saving = String.raw`
def model_facts():
    cells = [(name, shape, is_trained) for name, (shape, *_, is_trained) in PARAMETERS.items()]
    parameters = [dict(zip(("name", "shape", "trainable"), each)) for each in cells]
    return {"name": NAME, "dtype": number_type()[0].lower(), **MODEL, "parameters": parameters}


def number_type():
    """The type of numbers in the names of safetensors and of NumPy."""
    return ("F64", "<f8") if torch.get_default_dtype() == torch.float64 else ("F32", "<f4")


def save_checkpoint(trainer, file):
    """
    Writes a temporary file and renames it, so that the file always has a whole checkpoint. All processes call this
    function, and the first one writes.
    """
    progress, tensors = trainer.progress, stored(trainer, trainer.whole_states())AVERAGE
    if rank() > 0:
        return
    for prefix, values in (("best:", trainer.best), ("last:", trainer.last)):
        tensors |= {prefix + name: tensor for name, tensor in values.items()}
    metadata = {"format": "tapeless", "tapeless": "2"}
    metadata |= {key: str(progress[key]) for key in ("epoch", "bestEpoch")}
    parts = {"step": trainer.step_count, "seed": trainer.seed, "model": model_facts(), "progress": progress}
    metadata |= {key: json.dumps(part) for key, part in (parts | {"notes": trainer.notes}).items()}
    header, end, contents, (kind, dtype) = {"__metadata__": metadata}, 0, [], number_type()
    for name, tensor in tensors.items():
        contents.append(tensor.cpu().numpy().astype(dtype).tobytes())
        begin, end = end, end + len(contents[-1])
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    target = os.path.realpath(file)
    try:
        with open(f"{target}.partial", "wb") as stream:
            stream.writelines([len(text).to_bytes(8, "little"), text, *contents])
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(f"{target}.partial", target)
    except OSError as error:
        raise InputError(f"cannot write {file}: {error.strerror}") from error


def check_output(file):
    """Checks before training that checkpoints can be written."""
    target = os.path.realpath(file)
    if not os.access(os.path.dirname(target), os.W_OK) or (os.path.exists(target) and not os.path.isfile(target)):
        raise InputError(f"cannot write {file}: it must be a regular file in a folder that exists and is writable")
`;

const loading = String.raw`
def load_checkpoint(trainer, file):
    """Continues from a checkpoint of the same spec. An invalid file leaves the trainer unchanged."""
    try:
        header, data = read_header(file)
        progress, notes, step, seed = checked_metadata(header.pop("__metadata__", {}))
        states = trainer.whole_states()
        views = stored(trainer, states)
        shapes = {name: tuple(view.shape) for name, view in views.items()}AVERAGE_SHAPES
        for prefix in ("best:", "last:"):
            if any(name.startswith(prefix) for name in header):
                shapes |= {prefix + name: shapes[name] for name in PARAMETERS}
        tensors = tensors_in(header, data, shapes)
    except InputError as error:
        raise InputError(f"{file}: {error}") from errorWEIGHTS
    for name, view in views.items():
        view.copy_(tensors[name])
    trainer.keep_states(states)
    trainer.progress, trainer.notes, trainer.step_count, trainer.seed = progress, notes, step, seed
    trainer.best, trainer.last = [
        {name: tensors[prefix + name] for name in PARAMETERS if prefix + name in tensors}
        for prefix in ("best:", "last:")
    ]


def read_header(file):
    """The header of a file in the format of safetensors, not checked, and the bytes after it."""
    try:
        with open_regular(file) as stream:
            content = stream.read()
    except OSError as error:
        raise InputError(f"cannot read the file: {error.strerror}") from error
    start = 8 + int.from_bytes(content[:8], "little")
    header = json_of(content[8:start]) if start <= len(content) else None
    if not isinstance(header, dict):
        raise InputError("this is not a safetensors file, or it is truncated")
    return header, content[start:]


def json_of(text):
    """The value of a text in JSON; None for anything else."""
    try:
        return json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return None


def checked_metadata(metadata):
    """The progress, the notes, the number of steps and the seed in a checkpoint of this model."""
    if not isinstance(metadata, dict) or "tapeless" not in metadata:
        raise InputError("this is not a checkpoint, as --out writes it")
    if metadata["tapeless"] != "2":
        raise InputError("the checkpoint is not of this version of tapeless")
    model, progress, notes = [json_of(metadata.get(key)) for key in ("model", "progress", "notes")]
    if not all(isinstance(part, dict) for part in (model, progress, notes)):
        raise InputError("the checkpoint has no valid model, progress and notes")
    here = model_facts()
    was, own = [f'for "{facts.get("name")}" in {facts.get("dtype")}' for facts in (model, here)]
    if was != own:
        raise InputError(f"the checkpoint is {was}, not {own}")
    if model.get("specHash") != here["specHash"]:
        raise InputError("the checkpoint was trained with another spec; to train longer, use --epochs N")
    step, seed = [json_of(metadata.get(key)) for key in ("step", "seed")]
    counts = [step, seed, *(progress.get(key) for key in ("epoch", "rows", "bestEpoch", "waited"))]
    values = [progress.get(key) for key in ("sum", "bestValue")]
    are_counts = all(type(count) is int and 0 <= count <= WORD for count in counts)
    are_numbers = all(type(value) in (int, float) and abs(value) <= sys.float_info.max for value in values)
    if not (are_counts and are_numbers and isinstance(progress.get("monitor"), str)):
        raise InputError("the step, the seed or the progress in the checkpoint is invalid")
    return progress, notes, step, seed


def tensors_in(header, data, shapes):
    """The tensors. They must have these names and shapes, and follow each other in any order without gaps."""
    kind, dtype = number_type()
    errors, places = [f'"{name}" is not a tensor of this checkpoint' for name in header if name not in shapes], {}
    for name, shape in shapes.items():
        entry = header.get(name)
        found = [entry.get(key) for key in ("dtype", "shape")] if isinstance(entry, dict) else None
        if found != [kind, list(shape)]:
            what = "is missing" if found is None else f"is {found[0]} {found[1]}, but {kind} {list(shape)} in the model"
            errors.append(f'"{name}" {what}')
            continue
        places[name] = entry.get("data_offsets")
        if not isinstance(places[name], list) or [type(offset) for offset in places[name]] != [int, int]:
            errors.append(f'"{name}" has no valid data_offsets')
    if errors:
        more = [f"and {len(errors) - 6} more"] if len(errors) > 6 else []
        raise InputError(f"the tensors do not fit the model: {'; '.join([error[:200] for error in errors[:6]] + more)}")
    tensors, end = {}, 0
    for name in sorted(places, key=places.get):
        begin, end = end, end + math.prod(shapes[name]) * np.dtype(dtype).itemsize
        if places[name] != [begin, end] or end > len(data):
            raise InputError(f'"{name}" must have the bytes from {begin} to {end} of {len(data)}')
        tensors[name] = torch.from_numpy(np.frombuffer(data[begin:end], dtype).astype(dtype[1:]).reshape(shapes[name]))
    if end != len(data):
        raise InputError(f"the tensors take {end} bytes, but {len(data)} follow the header")
    return tensors
`;

/** The states of the optimizer: vectors over all trainable parameters, single numbers, or both. */
const vectors = String.raw`
    for state, values in states.items():
        views |= parts_of(trainer, values, f"optimizer:{state}:")`;

const numbers = String.raw`
    views |= {f"optimizer:{state}": value for state, value in states.items()}`;

const vectorsAndNumbers = String.raw`
    for state, values in states.items():
        is_number = values.dim() == 0
        views |= {f"optimizer:{state}": values} if is_number else parts_of(trainer, values, f"optimizer:{state}:")`;

const averagedViews = String.raw`
    views |= {f"trained:{name}": views[name] for name in parts_of(trainer, trainer.average)}
    views |= parts_of(trainer, trainer.average)`;

const lastAverage = String.raw`
    trained = parts_of(trainer, trainer.average)
    tensors |= {f"average:{name}": trainer.last.get(name, tensors[name]) for name in trained}`;

const averageShapes = String.raw`
        shapes |= {f"average:{name}": shapes[name] for name in parts_of(trainer, trainer.average)}`;

const writtenWeights = String.raw`
    # A parameter that differs from the last average was set from outside. Training continues from its value.
    for name in parts_of(trainer, trainer.average):
        own = tensors.get(f"last:{name}", tensors[name])
        is_same = own == tensors[f"average:{name}"]
        tensors[f"trained:{name}"] = torch.where(is_same, tensors[f"trained:{name}"], own)`;

export interface CheckpointFeatures {
  readonly isAveraged: boolean;
  /** Whether the optimizer has states that are vectors, and states that are single numbers. */
  readonly hasVectors: boolean;
  readonly hasScalars: boolean;
  /** Tensors of the model besides its parameters: their names in checkpoints, and in the model. */
  readonly buffers: readonly { readonly storage: string; readonly buffer: string }[];
}

/** The code of checkpoints. `facts` declares `MODEL`. */
export function checkpointsText(facts: string, features: CheckpointFeatures): string {
  const { isAveraged, hasVectors, hasScalars, buffers } = features;
  const ofNumbers = hasScalars ? numbers : "";
  const states = hasVectors ? (hasScalars ? vectorsAndNumbers : vectors) : ofNumbers;
  const others = buffers.map(({ storage, buffer }) => `\n    views[${storage}] = trainer.model.${buffer}`);
  const averaged = (text: string): string => (isAveraged ? text : "");
  return [
    views
      .replace("AVERAGED", averaged(averagedViews))
      .replace("STATES", () => states + others.join(""))
      .replace("MEANING", averaged(", which are moving averages")),
    facts,
    saving.replace("AVERAGE", averaged(lastAverage)),
    loading.replace("AVERAGE_SHAPES", averaged(averageShapes)).replace("WEIGHTS", averaged(writtenWeights)),
  ]
    .map((text) => text.trim())
    .join("\n\n\n");
}
