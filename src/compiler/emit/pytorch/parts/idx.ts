/** Python: reads IDX files, one for each input and target of a split, as `runtime/data/idx` does. */
import { literal } from "../python-text.ts";

const files = String.raw`
# An IDX file has the bytes 0, 0, the type of its numbers and the count of axes, the length of each axis in 32 bits, and
# the numbers, all with the largest byte first. The first axis is that of the items.

IDX_TYPES = {8: "u1", 9: "i1", 11: ">i2", 12: ">i4", 13: ">f4", 14: ">f8"}


def read_idx(file):
    """The shape of the array in an IDX file, gzipped or not, and its items as rows. All sizes are checked first."""
    try:
        with open_regular(file) as stream:
            is_packed = stream.read(2) == b"\x1f\x8b"
        size = os.path.getsize(file)
        most = max(2**28, 20 * size) if is_packed else size
        with gzip.open(file) if is_packed else open(file, "rb") as stream:
            beginning = stream.read(4 + 4 * 255)
            shape, dtype, start = idx_header(file, beginning)
            content = beginning + stream.read(most + 1 - len(beginning))
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise InputError(f"{file}: the gzip data is damaged or truncated") from error
    except OSError as error:
        raise InputError(f"cannot read {file}: {error.strerror}") from error
    if len(content) > most:
        what = f"the gzip data unpacks to more than {most} bytes: unpack the file first, which lifts this limit"
        raise InputError(f"{file}: {what}")
    size = start + math.prod(shape) * np.dtype(dtype).itemsize
    if len(content) != size:
        wrong = "is truncated" if len(content) < size else "has extra bytes"
        lengths = "\u00d7".join(map(str, shape))
        raise InputError(f"{file}: the file {wrong}: {lengths} numbers need {size} bytes, but it has {len(content)}")
    if math.prod(shape) == 0:
        raise InputError(f"{file}: the file has no items")
    return shape, np.frombuffer(content, dtype, offset=start).reshape(shape[0], -1)


def idx_header(file, beginning):
    """The shape of the array, the type of its numbers, and the position of the first number."""
    first = list(beginning[:4])
    if len(first) < 4 or first[:2] != [0, 0] or first[2] not in IDX_TYPES or first[3] == 0:
        found = " ".join(map(str, first)) or "missing"
        raise InputError(f"{file}: this is not an IDX file: its first bytes are {found}")
    start = 4 + 4 * first[3]
    if len(beginning) < start:
        raise InputError(f"{file}: the file is truncated: it has {len(beginning)} bytes")
    lengths = [int.from_bytes(beginning[at : at + 4], "big") for at in range(4, start, 4)]
    return lengths, IDX_TYPES[first[2]], start


class IdxFiles:
    """The files of a split in a folder. Row i consists of item i of each file. Axes of length 1 do not matter."""

    def __init__(self, folder, files):
        self.file, self.files, self.items, before = folder, {}, {}, None
        for name, inside in files.items():
            file, shape = os.path.join(folder, inside), FIELDS[name].shape
            (count, *own), items = read_idx(file)
            if without_ones(own) != without_ones(shape) and [math.prod(own)] != shape:
                raise InputError(f"{file}: the items have the shape {own}, but {name} has {shape}")
            if before is not None and count != len(self.items[before]):
                what = f"the file has {count} items, but that of {before} has {len(self.items[before])}"
                raise InputError(f"{file}: {what}")
            self.files[name], self.items[name], before = file, items, name
            self.check(name, range(count), items, np.isfinite(items), "a number")

    def __len__(self):
        return len(next(iter(self.items.values())))

    def check(self, name, rows, values, are_right, rule):
        """Reports the first of these rows with a wrong value."""
        for row, at in np.argwhere(~are_right).tolist():
            raise InputError(f"{self.files[name]}: item {rows[row]}: {values[row, at]:g} is not {rule}")


def without_ones(shape):
    return [length for length in shape if length != 1]
`;

/** The encoders of fields by name. The only column of a field has its name. */
export const idxEncoders = {
  IdxNumbers: String.raw`
@dataclass
class IdxNumbers:
    """Real numbers: x becomes (x - shift) / span, as fitted on the training rows."""

    columns: list
    shape: list
    scale: object = None
    lowest: float = -math.inf
    highest: float = math.inf
    whole: bool = False
    rule: str = "in the range of the type"

    def fit(self, table, rows):
        [self.name] = self.columnsFITTED
        self.shifts, self.spans = np.array(fitted, dtype=float).T
        self.scales = [{"shift": float(shift), "span": float(span)} for shift, span in fitted]

    def encode(self, table, rows):
        items, encoded = table.items[self.name], np.empty((len(rows), math.prod(self.shape)), number_type()[1])
        for start in range(0, len(rows), 4096):  # in blocks, because the file may have one byte for each number
            block = rows[start : start + 4096]
            values = items[block].astype(float)
            scaled = (values - self.shifts) / self.spans
            are_right = np.abs(scaled) <= np.finfo(encoded.dtype).max
            are_right &= (scaled >= self.lowest) & (scaled <= self.highest) & ((scaled % 1 == 0) | (not self.whole))
            table.check(self.name, block, values, are_right, self.rule)
            encoded[start : start + 4096] = scaled
        return encoded.reshape(-1, *self.shape)

    def fitted(self):
        return {"columns": self.columns} | ({} if self.scale is None else {"scales": self.scales})
`,
  IdxIntegers: String.raw`
@dataclass
class IdxIntegers:
    """Indices, or classes, of which -1 does not count."""

    columns: list
    shape: list
    rule: str
    lowest: int
    highest: int
    is_class: bool = False

    def fit(self, table, rows):
        [self.name] = self.columns

    def encode(self, table, rows):
        values = table.items[self.name][rows]
        are_right = (values >= self.lowest) & (values <= self.highest) & (values % 1 == 0)
        table.check(self.name, rows, values, are_right, self.rule)
        return values.astype(np.int64).reshape(-1, *self.shape)

    def fitted(self):
        return {"columns": self.columns} | ({"classNames": []} if self.is_class else {})
`,
} as const;

const dividing = String.raw`
        fitted = [(0.0, self.scale or 1.0)] * math.prod(self.shape)`;

const fitting = String.raw`
        fitted = [(0.0, self.scale or 1.0)] * math.prod(self.shape)
        if isinstance(self.scale, str):
            items = table.items[self.name]
            fitted = [scale_of(values[rows].astype(float), self.scale) for values in items.T]`;

export type IdxEncoderName = keyof typeof idxEncoders;

/** The file names by input and target, relative to a folder. */
export type IdxNames = Readonly<Record<string, string>>;

export interface IdxFeatures {
  /** Whether a scale is fitted to the training rows. */
  readonly fits: boolean;
  readonly files: { readonly train: IdxNames; readonly test?: IdxNames };
}

/** The code that reads IDX files with these encoders, without the declarations of the fields. */
export function idxTexts(
  { fits, files: { train, test } }: IdxFeatures,
  encoders: ReadonlySet<string>,
): readonly string[] {
  const used = Object.entries(idxEncoders).filter(([name]) => encoders.has(name));
  return [
    files,
    ...used.map(([, text]) => text.replace("FITTED", fits ? fitting : dividing)),
    `# The files of each split.\nIDX_FILES = ${literal({ training: train, test }, "", 12)}`,
  ];
}
