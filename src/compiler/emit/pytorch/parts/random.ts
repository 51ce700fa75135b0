/** Python: the random numbers of `runtime/numbers/random.ts`, and the initialisers that draw them. */

export const randomNumbers = String.raw`
# Random numbers without hidden state: each is a hash of a key and an index, so every element can be drawn alone.
# The same code works for Python integers, NumPy arrays and tensors of 64-bit integers.
WORD = 0xFFFFFFFF


def mix(x):
    """Mixes the bits of 32-bit words ("lowbias32", C. Wellons, 2018)."""
    x = (x ^ (x >> 16)) * 0x7FEB352D & WORD
    x = (x ^ (x >> 15)) * 0x846CA68B & WORD
    return x ^ (x >> 16)


def random_key(seed, step, salt):
    """The key of a stream. Streams of one seed and step differ by their salt."""
    return mix((mix((mix(seed ^ 0x9E3779B9) + step) & WORD) + salt) & WORD)


def random_bits(key, index):
    return mix((mix(index) + key) & WORD)


def random_units(key, count, first=0):
    """Uniform numbers in [0, 1), from position first of the stream on."""
    return (random_bits(key, np.arange(first, first + count)) >> 8) / 2**24


def shuffle(rows, key):
    """Shuffles an array of rows (Fisher-Yates)."""
    limits = np.arange(len(rows), 1, -1)
    others = np.floor(random_bits(key, np.arange(len(limits))) / 2**32 * limits).astype(int)
    order = rows.tolist()
    for limit, other in zip(limits.tolist(), others.tolist()):
        order[limit - 1], order[other] = order[other], order[limit - 1]
    return np.array(order, dtype=rows.dtype)
`;

export const dropout = String.raw`
class Draws:
    """The random numbers of one step. They depend on the position of a row in the whole batch."""

    def __init__(self):
        self.seed, self.step = 0, 0

    def uniform(self, salt, shape, by_row=True):
        """Uniform numbers in [0, 1). The first axis is that of the rows, unless all processes need the same numbers."""
        index = torch.arange(math.prod(shape[1:] if by_row else shape))
        if by_row:
            index = row_positions(shape[0])[:, None] * len(index) + index
        bits = random_bits(random_key(self.seed, self.step, salt), index)
        return real(bits >> 8).reshape(shape) / 2**24
`;

export const dropoutModule = String.raw`
class Dropout(nn.Module):
    """nn.Dropout with the random numbers of Draws."""

    def __init__(self, rate, draws, salt):
        super().__init__()
        self.rate, self.draws, self.salt = rate, draws, salt

    def forward(self, x):
        if not self.training:
            return x
        keeps = self.draws.uniform(self.salt, x.shape) >= self.rate
        return torch.where(keeps, x * (1 / (1 - self.rate)), 0.0)
`;

export const parametersModule = String.raw`
class Parameters(nn.Module):
    """The parameters of a layer, by name and shape."""

    def __init__(self, **shapes):
        super().__init__()
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.zeros(shape)))
`;

export const realHelper = String.raw`
def real(x):
    """Integers or truth values as real numbers."""
    return x.to(torch.get_default_dtype())
`;

export const foldHelper = String.raw`
def fold(x, shape, axes, stride, dilation):
    """The adjoint of windows: adds each element of a window, in the last axes of x, to the place where it was read."""
    z = torch.zeros(shape, dtype=x.dtype)
    for offset in itertools.product(*(range(size) for size in x.shape[len(shape):])):
        index = [slice(None)] * len(shape)
        for axis, k, step, gap in zip(axes, offset, stride, dilation):
            index[axis] = slice(k * gap, k * gap + (x.shape[axis] - 1) * step + 1, step)
        z[tuple(index)] = z[tuple(index)] + x[(..., *offset)]
    return z
`;

/** The initialisers by kind. */
export const initialisers = {
  uniform: String.raw`
def uniform(low, high):
    """Independent uniform numbers in [low, high)."""
    return lambda key, shape: low + (high - low) * random_units(key, math.prod(shape)).reshape(shape)
`,
  normal: String.raw`
def normal_numbers(key, count, first=0):
    """Normal numbers by the Box-Muller method, from a pair of uniform numbers each."""
    u, v = random_units(key, 2 * count, 2 * first).reshape(count, 2).T
    return np.sqrt(-2 * np.log(1 - u)) * np.cos(2 * np.pi * v)


def normal(mean, std):
    """Independent normal numbers."""
    return lambda key, shape: mean + std * normal_numbers(key, math.prod(shape)).reshape(shape)
`,
  constant: String.raw`
def constant(value):
    return lambda key, shape: np.full(shape, value)
`,
  orthogonal: String.raw`
def orthogonal(rows, columns):
    """A matrix with orthonormal columns, or rows if there are fewer of them, by the Gram-Schmidt process."""

    def draw(key, shape):
        size, count = max(rows, columns), min(rows, columns)
        basis = []
        for i in range(count):
            vector = normal_numbers(key, size, i * size)
            for earlier in basis + basis:  # twice, because the second round removes the rounding errors of the first
                vector = vector - (vector @ earlier) * earlier
            basis.append(vector / np.sqrt(vector @ vector))
        matrix = np.array(basis) if columns > rows else np.array(basis).T
        return matrix.reshape(shape)

    return draw
`,
  given: String.raw`
def given(text):
    """The doubles in base64."""
    return lambda key, shape: np.frombuffer(base64.b64decode(text)).reshape(shape)
`,
} as const;

export type InitialiserKind = keyof typeof initialisers;

export const initialise = String.raw`
def in_spec(tensors, name):
    """A parameter among tensors with the names of the model, as a view with the axes in the order of the spec."""
    shape, _, at, axes, _ = PARAMETERS[name]
    return tensors[at or name].permute(np.argsort(axes or range(len(shape))).tolist())


def initialise(model, seed):
    """Sets the parameters. Each is drawn from its own stream, row by row in the order of axes of the spec."""
    tensors = dict(model.named_parameters()) | dict(model.named_buffers())
    for index, (name, (shape, fill, at, _, is_trained)) in enumerate(PARAMETERS.items()):
        values = np.ascontiguousarray(fill(random_key(seed, 0, index), shape))
        with torch.no_grad():
            in_spec(tensors, name).copy_(torch.from_numpy(values))
        tensors[at or name].requires_grad_(is_trained)
`;
