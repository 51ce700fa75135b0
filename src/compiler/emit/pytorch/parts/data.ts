/** Python: reads the data files, splits their rows, and encodes their columns, as `runtime/data` does. */
import { literal } from "../python-text.ts";
import type { Literal } from "../python-text.ts";
import { idxTexts } from "./idx.ts";
import type { IdxEncoderName, IdxFeatures } from "./idx.ts";

const table = String.raw`
class Table:
    """A CSV file: its cells by column, and the line of each row."""

    def __init__(self, file):
        records, line = [], 1
        try:
            with open_regular(file, "r", encoding="utf-8-sig", newline="") as stream:
                reader = csv.reader(stream, delimiter=SEPARATOR, strict=True)
                for cells in reader:
                    if cells:
                        records.append((line, cells))
                    line = reader.line_num + 1
        except OSError as error:
            raise InputError(f"cannot read {file}: {error.strerror}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{file}: the file is not in UTF-8") from error
        except csv.Error as error:
            raise InputError(f"{file}:{line}: {error}") from error
        if not records:
            raise InputError(f"{file}:1: the file is empty: its first row must name the columns")
        names = records[0][1]
        for name in names:
            if names.count(name) > 1:
                raise InputError(f'{file}:1: two columns are named "{name}"')
        for line, cells in records:
            if len(cells) != len(names):
                raise InputError(f"{file}:{line}: the row has {len(cells)} cells for {len(names)} columns")
        if len(records) == 1:
            raise InputError(f"{file}:1: the file has no rows")
        self.file, self.names = file, names
        self.lines, rows = [line for line, _ in records[1:]], [cells for _, cells in records[1:]]
        self.columns = {name: [cells[i] for cells in rows] for i, name in enumerate(names)}

    def __len__(self):
        return len(self.lines)

    def select(self, entries):
        """The columns of a list of names and ranges such as "p0..p63"."""
        found = []
        for entry in entries:
            first, _, last = entry.partition("..")
            if entry in self.names:
                found.append(entry)
            elif first in self.names and last in self.names:
                found += self.names[self.names.index(first) : self.names.index(last) + 1]
            else:
                raise InputError(f'{self.file}: there is no column "{entry}"')
        return found

    def error(self, column, row, what):
        return InputError(f'{self.file}:{self.lines[row]}: column "{column}": {what}')

TEXTS    def strings(self, column):
        for row, cell in enumerate(self.columns[column]):
            if not cell.strip():
                raise self.error(column, row, "the cell is empty")
        return self.columns[column]

    def numbers(self, column, missing=None):
        """The numbers of a column, with another number in place of missing values."""
        cells = self.columns[column]
        values = np.array([number_in(cell) for cell in cells])
        for row in np.flatnonzero(np.isnan(values)).tolist():
            if missing is None or not is_missing(cells[row]):
                raise self.error(column, row, f'"{cells[row]}" is not a number')
            values[row] = missing
        return values

`;

const textsOfColumn = `    def texts(self, column):
        """The cells of a column that the spec names, without spaces around them."""
        if column not in self.columns:
            raise InputError(f'{self.file}: there is no column "{column}"')
        return [cell.strip() for cell in self.columns[column]]

`;

const numberIn = String.raw`
def number_in(cell):
    """The decimal number in a cell, or NaN."""
    is_number = re.fullmatch(r"\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*", cell, re.ASCII | re.IGNORECASE)
    value = float(cell) if is_number else math.nan
    return value if math.isfinite(value) else math.nan
`;

/** As `runtime/data/number-format.ts` reads numbers. */
const formattedNumberIn = String.raw`
def number_in(cell):
    """The number in a cell, with the separators of the spec, or NaN. A thousands separator precedes three digits."""
    similar = {" ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]", "": "(?!)"}
    mark, point = similar.get(THOUSANDS, re.escape(THOUSANDS)), re.escape(DECIMAL)
    pattern = rf"([+-]?)(\d{{1,3}}(?:{mark}\d{{3}})+|\d*)(?:{point}(\d*))?(e[+-]?\d+)?"
    found = re.fullmatch(pattern, cell.strip(), re.ASCII | re.IGNORECASE)
    sign, whole, fraction, exponent = [part or "" for part in found.groups()] if found else [""] * 4
    if whole + fraction == "":
        return math.nan
    digits = re.sub("[^0-9]", "", whole)
    value = float(f"{sign}{digits}.{fraction}0{exponent}")
    return value if math.isfinite(value) else math.nan
`;

const isMissing = String.raw`
def is_missing(cell):
    return re.fullmatch(r"(n/?a|nan|null|\?)?", cell.strip(), re.IGNORECASE) is not None
`;

const dropping = String.raw`
def drop_missing(table, entries):
    """Removes the rows with a missing value in these columns. Returns the names of the columns."""
    columns = table.select(entries)
    kept = [row for row in range(len(table)) if not any(is_missing(table.columns[name][row]) for name in columns)]
    if not kept:
        raise InputError(f'{table.file}: every row has a missing value; "drop" would remove them all')
    if len(kept) < len(table):
        print(f"{len(table) - len(kept)} of {len(table)} rows have a missing value and are dropped", file=sys.stderr)
    table.lines = [table.lines[row] for row in kept]
    table.columns = {name: [cells[row] for row in kept] for name, cells in table.columns.items()}
    return columns
`;

const scaleOf = String.raw`
def scale_of(values, rule):
    """The shift and the span. Sums run in the order of the rows."""
    low, high = values.min(), values.max()
    if rule is None:
        return 0.0, 1.0
    if not isinstance(rule, str):
        return 0.0, rule
    if low == high:
        return low, 1.0
    if rule == "min-max":
        return low, high - low
    mean = np.cumsum(values)[-1] / len(values)
    return mean, np.sqrt(np.cumsum((values - mean) * (values - mean))[-1] / len(values))
`;

/** The encoders of fields by name. */
export const encoders = {
  Numbers: String.raw`
@dataclass
class Numbers:
    """Real numbers: x becomes (x - shift) / span, as fitted on the training rows."""

    columns: list
    shape: tuple
    scale: object = None
    missing: str | None = None
    lowest: float = -math.inf
    highest: float = math.inf
    whole: bool = False
    rule: str = ""DECIMALS

    def fit(self, table, rows):
        self.names = table.select(self.columns)
        if len(self.names) != math.prod(self.shape):
            raise InputError(f"{table.file}: {len(self.names)} columns for {math.prod(self.shape)} numbers per row")
        self.means = [self.mean(table, name, rows) if self.missing == "mean" else None for name in self.names]
        fitted = [scale_of(table.numbers(*column)[rows], self.scale) for column in zip(self.names, self.means)]
        self.shifts, self.spans = np.array(fitted).T
        self.scales = [{"shift": float(shift), "span": float(span)} for shift, span in fitted]FIT_DECIMALS

    def mean(self, table, name, rows):
        values = table.numbers(name, missing=math.nan)[rows]
        values = values[~np.isnan(values)]
        if len(values) == 0:
            raise InputError(f'{table.file}: column "{name}" has no value in the training rows, so it has no mean')
        return np.cumsum(values)[-1] / len(values)

    def encode(self, table, rows):
        values = np.stack([table.numbers(*column)[rows] for column in zip(self.names, self.means)], 1)
        encoded = (values - self.shifts) / self.spans
        wrong = (encoded < self.lowest) | (encoded > self.highest) | (self.whole & (encoded % 1 != 0))
        for row, column in np.argwhere(wrong).tolist():
            raise table.error(self.names[column], int(rows[row]), f"{values[row, column]:g} is not {self.rule}")
        return encoded.reshape(-1, *self.shape)

    def fitted(self):
        scales = {} if self.scale is NoneNO_DECIMALS else {"scales": self.scales}
        means = {"means": [float(mean) for mean in self.means]} if self.missing == "mean" else {}
        return {"columns": self.names, **scales, **means}

${scaleOf}`,
  Indices: String.raw`
@dataclass
class Indices:
    """Integers from lowest to highest."""

    columns: list
    shape: tuple
    lowest: int = -(2**31)
    highest: int = 2**31 - 1
    missing: str | None = None

    def fit(self, table, rows):
        self.names = table.select(self.columns)
        if len(self.names) != math.prod(self.shape):
            raise InputError(f"{table.file}: {len(self.names)} columns for {math.prod(self.shape)} numbers per row")

    def encode(self, table, rows):
        values = np.stack([table.numbers(name)[rows] for name in self.names], 1)
        wrong = (values < self.lowest) | (values > self.highest) | (values % 1 != 0)
        for row, column in np.argwhere(wrong).tolist():
            what = f"{values[row, column]:g} is not an integer from {self.lowest} to {self.highest}"
            raise table.error(self.names[column], int(rows[row]), what)
        return values.astype(np.int64).reshape(-1, *self.shape)

    def fitted(self):
        return {"columns": self.names}
`,
  Classes: String.raw`
@dataclass
class Classes:
    """Class indices, or sorted names of classes. The class -1 does not count."""

    columns: list
    shape: tuple
    classes: int
    names_are_numbers: bool = False
    expected: list | None = None
    missing: str | None = None

    def fit(self, table, rows):
        self.names = table.select(self.columns)
        if len(self.names) != math.prod(self.shape):
            raise InputError(f"{table.file}: {len(self.names)} columns for {math.prod(self.shape)} classes per row")
        cells = [cell for name in self.names for cell in table.strings(name)]
        is_named = self.names_are_numbers or any(math.isnan(number_in(cell)) for cell in cells)
        self.class_names = sorted(set(cells), key=sort_key) if is_named else []
        if is_named and len(self.class_names) != self.classes:
            raise InputError(f"{table.file}: the target has {self.classes} classes, but {len(self.class_names)} names")
        if self.expected is not None and self.expected != self.class_names:
            raise InputError(f"{table.file}: classWeights names the classes {self.expected}, not {self.class_names}")

    def encode(self, table, rows):
        numbers = {name: index for index, name in enumerate(self.class_names)}
        columns = []
        for name in self.names:
            cells = table.strings(name)
            column = [numbers.get(cell) for cell in cells] if numbers else table.numbers(name)
            for row in rows.tolist():
                if column[row] not in range(-1, self.classes):
                    known = f'one of the classes {", ".join(self.class_names[:12])}'
                    number = f"a class from 0 to {self.classes - 1} (or -1: ignored)"
                    raise table.error(name, row, f'"{cells[row]}" is not {known if numbers else number}')
            columns.append(np.array(column)[rows])
        return np.stack(columns, 1).astype(np.int64).reshape(-1, *self.shape)

    def fitted(self):
        return {"columns": self.names, "classNames": self.class_names}
`,
  Categories: String.raw`
@dataclass
class Categories:
    """
    The categories of the training rows, sorted: a number for each category of each column, or an index from 1. A
    category that does not occur in the training rows, or is rarer than min_count, is unseen. It is encoded as zeros, or
    has a number of its own after those of the column. Missing values may be the category "?".
    """

    columns: list
    shape: tuple
    form: str
    vocabulary: int | None = None
    missing: str | None = None
    has_unseen: bool = False
    min_count: int = 1

    def fit(self, table, rows):
        self.names = table.select(self.columns)
        cells = [self.cells(table, name) for name in self.names]
        self.categories = [self.frequent([column[row] for row in rows.tolist()]) for column in cells]
        counts = [len(found) for found in self.categories]
        size, found = math.prod(self.shape), sum(len(self.frequent(column)) for column in cells)
        if self.form == "index":
            if size != len(self.names) or (self.vocabulary is not None and max(counts) >= self.vocabulary):
                raise InputError(f"{table.file}: {max(counts)} categories need a vocabulary of {max(counts) + 1}")
            return
        others = len(self.names) if self.has_unseen else 0
        if not sum(counts) + others <= size <= found + others:
            raise InputError(f"{table.file}: {size} numbers per row, but the columns have {found + others} categories")

    def cells(self, table, name):
        if self.missing != "category":
            return table.strings(name)
        return ["?" if is_missing(cell) else cell for cell in table.columns[name]]

    def frequent(self, cells):
        found = {cell for cell in set(cells) if self.min_count == 1 or cells.count(cell) >= self.min_count}
        return sorted(found | ({"?"} if self.missing == "category" else set()), key=sort_key)

    def encode(self, table, rows):
        is_index = self.form == "index"
        encoded = np.zeros((len(rows), math.prod(self.shape)), dtype=np.int64 if is_index else float)
        offset = 0
        for i, (name, known) in enumerate(zip(self.names, self.categories)):
            positions = {category: position for position, category in enumerate(known)}
            unseen = len(known) if self.has_unseen and not is_index else -1
            cells = self.cells(table, name)
            for at, row in enumerate(rows.tolist()):
                position = positions.get(cells[row], unseen)
                if is_index:
                    encoded[at, i] = position + 1
                elif position >= 0:
                    encoded[at, offset + position] = 1
            offset += len(known) + (unseen >= 0)
        return encoded.reshape(-1, *self.shape)

    def fitted(self):
        return {"columns": self.names, "categories": self.categories}
`,
  Characters: String.raw`
@dataclass
class Characters:
    """
    A text as indices of characters, in order of code point from 1; 0 marks start, end and padding. For a target, the
    next character at each position, and -1 after the end.
    """

    columns: list
    shape: tuple
    size: int | None
    is_next: bool = False
    missing: str | None = None

    def fit(self, table, rows):
        self.names = table.select(self.columns)
        [self.name] = self.names
        cells = table.strings(self.name)
        [length] = self.shape
        for row, cell in enumerate(cells):
            if len(cell) >= length:
                raise table.error(self.name, row, f"the text has {len(cell)} characters; the most are {length - 1}")
        self.characters = sorted({character for row in rows.tolist() for character in cells[row]})
        found = len(self.characters) + 1
        if self.size is not None and self.size != found:
            raise InputError(f"{table.file}: {found} characters with the start token, but the spec has {self.size}")

    def encode(self, table, rows):
        numbers = {character: index + 1 for index, character in enumerate(self.characters)}
        encoded = np.full((len(rows), *self.shape), -1 if self.is_next else 0)
        for at, row in enumerate(rows.tolist()):
            text = self.indices(table, row, numbers)
            if self.is_next:
                encoded[at, : len(text) + 1] = [*text, 0]
            else:
                encoded[at, 1 : len(text) + 1] = text
        return encoded

    def indices(self, table, row, numbers):
        text = table.strings(self.name)[row]
        for character in text:
            if character not in numbers:
                raise table.error(self.name, row, f'the training rows have no character "{character}"')
        return [numbers[character] for character in text]

    def fitted(self):
        return {"columns": self.columns, "characters": self.characters}
`,
  Words: String.raw`
@dataclass
class Words:
    """
    A text as indices of words, from 2 on by their frequency in the training rows. 1 is any other word, and 0 marks
    start, end and padding. For a target, the next word at each position, and -1 after the end.
    """

    columns: list
    shape: tuple
    lower_case: bool
    cut: bool
    size: int | None = None
    is_next: bool = False
    missing: str | None = None

    def fit(self, table, rows):
        [self.name] = self.names = table.select(self.columns)
        texts, counts = self.texts(table), {}
        for row in rows.tolist():
            for word in texts[row]:
                counts[word] = counts.get(word, 0) + 1
        ordered = sorted(counts, key=lambda word: (-counts[word], sort_key(word)))
        self.words = ordered if self.size is None else ordered[: self.size - 2]

    def texts(self, table):
        cells, [length] = table.strings(self.name), self.shape
        texts = [words_in(cell.lower() if self.lower_case else cell) for cell in cells]
        for row, text in enumerate(texts):
            if len(text) >= length and not self.cut:
                raise table.error(self.name, row, f"the text has {len(text)} words; the most are {length - 1}")
        return texts

    def encode(self, table, rows):
        numbers = {word: index + 2 for index, word in enumerate(self.words)}
        texts, [length] = self.texts(table), self.shape
        encoded = np.full((len(rows), length), -1 if self.is_next else 0)
        for at, row in enumerate(rows.tolist()):
            text = [numbers.get(word, 1) for word in texts[row]]
            shown = [*text, 0][:length] if self.is_next else [0, *text][:length]
            encoded[at, : len(shown)] = shown
        return encoded

    def fitted(self):
        return {"columns": self.columns, "words": self.words}


def words_in(text):
    """Sequences of letters, marks and digits, with apostrophes inside; every other character is a word of its own."""
    spaces = re.compile(r"[^\S\x1c-\x1f\x85]|\ufeff")
    kinds = [
        "w" if unicodedata.category(character)[0] in "LMN" else " " if spaces.match(character) else character
        for character in text
    ]
    shape = "".join("w" if kind == "w" else kind if kind in " '\u2019" else "." for kind in kinds)
    return [text[word.start() : word.end()] for word in re.finditer("w+(?:['\u2019]w+)*|[^ w]", shape)]
`,
} as const;

const decimals = String.raw`
def decimals_of(values):
    """The decimals of the values, or more if there were fewer than 100 steps between them. At most 13."""
    decimals, spread = 0, values.max() - values.min()
    for value in values.tolist():
        while decimals <= 12 and not is_written_in(value, decimals):
            decimals += 1
    while decimals <= 12 and 0 < spread * float(f"1e{decimals}") < 100:
        decimals += 1
    return decimals


def is_written_in(value, decimals):
    """Whether this many decimals suffice for the number, at least in 32 bits if it has no more."""
    written = float(f"{value:.{decimals}f}")
    return written == value or (np.float32(value) == value and np.float32(written) == value)
`;

const fitDecimals = String.raw`
        if self.has_decimals:
            for scale, column in zip(self.scales, zip(self.names, self.means)):
                count = decimals_of(table.numbers(*column)[rows])
                scale |= {"decimals": count} if count <= 12 else {}`;

export type EncoderName = keyof typeof encoders;

const sorting = String.raw`
def sort_key(text):
    """The order of strings in JavaScript: by units of UTF-16."""
    return text.encode("utf-16-be", "surrogatepass")
`;

const splitting = String.raw`
def read_splits(file, seedPARAMETERS):
    """Reads the rows, splits them, and encodes each split as the fields say."""
    table = TABLEOTHERS
    SPLITS
    for field in FIELDS.values():
        field.fit(table, splits["training"])
    RETURN


def split_size(fraction, rows):
    return 0 if fraction == 0 else max(1, math.floor(fraction * rows + 0.5))


def as_tensor(values):
    dtype = torch.int64 if values.dtype == np.int64 else torch.get_default_dtype()
    return torch.from_numpy(values).to(dtype)
`;

/** Splits that are drawn at random from all rows. */
const drawnSplits = `
    order = shuffle(np.arange(len(table)), random_key(seed, 0, SPLIT_SALT))STRATIFY
    tested, held = [split_size(fraction, len(table)) for fraction in (TEST_FRACTION, VALIDATION_FRACTION)]
    if tested + held >= len(table):
        raise InputError(f"{file}: the other splits need all {len(table)} rows; none is left for training")
    splits = {"training": np.sort(order[tested + held :])}
    if held > 0:
        splits["validation"] = np.sort(order[tested : tested + held])
    if tested > 0:
        splits["test"] = np.sort(order[:tested])`;

/** Splits by rules: each takes its rows from those that the earlier ones left. */
const ruledSplits = `
    chosen, left = {}, np.arange(len(table))
    for split, rule in SPLIT_RULES.items():
        chosen[split] = np.sort(rule(table, left, seed))
        left = np.setdiff1d(left, chosen[split])
    if len(left) == 0:
        raise InputError(f"{file}: the other splits need all {len(table)} rows; none is left for training")
    splits = {"training": left} | {name: chosen[name] for name in ("validation", "test") if name in chosen}`;

/** The rules of splits by name, as `runtime/data/split-rules.ts` has them. */
export const splitRules = {
  last_rows: String.raw`
def last_rows(fraction):
    """The last rows of the file."""
    return lambda table, left, seed: left[max(0, len(left) - split_size(fraction, len(table))) :]
`,
  drawn_rows: String.raw`
def drawn_rows(fraction):
    """A fraction of all rows, at random."""

    def rows(table, left, seed):
        order = shuffle(np.arange(len(table)), random_key(seed, 0, SPLIT_SALT))
        return order[np.isin(order, left)][: split_size(fraction, len(table))]

    return rows
`,
  rows_of_column: String.raw`
def rows_of_column(name, value, splits=None):
    """The rows in which a column has this value. If splits are given, each cell must name one of them."""

    def rows(table, left, seed):
        cells = table.texts(name)
        for row in left.tolist():
            if splits is not None and cells[row] not in splits:
                what = f'"{cells[row]}" is not a split of the spec: write {" or ".join(splits)}'
                raise table.error(name, row, what)
        found = [row for row in left.tolist() if cells[row] == value]
        if not found:
            raise InputError(f'{table.file}: no cell of the column "{name}" is "{value}"')
        return np.array(found)

    return rows
`,
  rows_of_groups: String.raw`
def rows_of_groups(name, fraction):
    """A fraction of the groups, at random from those without a row in another split."""

    def rows(table, left, seed):
        cells, groups = table.texts(name), {}
        for row, group in enumerate(cells):
            if group == "":
                raise table.error(name, row, "the cell is empty, so the row has no group")
            groups.setdefault(group, []).append(row)
        still = set(left.tolist())
        free = [group for row, group in enumerate(cells) if row == groups[group][0] and still.issuperset(groups[group])]
        count = split_size(fraction, len(groups))
        if count >= len(free):
            what = f"{len(groups)} groups, {len(free)} of them in no other split"
            raise InputError(f'{table.file}: the column "{name}" has {what}: a split needs {count}, and training one')
        order = shuffle(np.arange(len(free)), random_key(seed, 0, SPLIT_SALT))
        return np.array([row for index in order[:count] for row in groups[free[index]]])

    return rows
`,
} as const;

/** A rule and its arguments. */
export interface SplitCall {
  readonly split: "validation" | "test";
  readonly rule: keyof typeof splitRules;
  readonly arguments: readonly Literal[];
}

function rulesText(calls: readonly SplitCall[]): string {
  const kinds = Object.entries(splitRules).filter(([name]) => calls.some(({ rule }) => rule === name));
  const entries = calls.map(
    ({ split, rule, arguments: given }) =>
      `    "${split}": ${rule}(${given.map((each) => literal(each)).join(", ")}),`,
  );
  const declaration = [
    "# The rows of each split, from those that are in no other split.",
    "SPLIT_RULES = {",
    ...entries,
    "}",
  ];
  return joined([...kinds.map(([, text]) => text), declaration.join("\n")]);
}

/** What `read_splits` returns if all splits are rows of one table. */
const ofTable = String.raw`
    return {
        split: {name: as_tensor(field.encode(table, rows)) for name, field in FIELDS.items()}
        for split, rows in splits.items()
    }`;

/** What `read_splits` returns if some splits have files of their own. */
const ofTables = String.raw`
    encoded = {split: encode(table, rows) for split, rows in splits.items()}
    for split, other in others.items():CHECK
        encoded[split] = encode(other, np.arange(len(other)))
    return {split: encoded[split] for split in ("training", "validation", "test") if split in encoded}


def encode(table, rows):
    return {name: as_tensor(field.encode(table, rows)) for name, field in FIELDS.items()}`;

const checking = String.raw`
def check_columns(table):
    """Checks that the table has the columns that the fields read in the training rows."""
    for name in [name for field in FIELDS.values() for name in field.names]:
        if name not in table.columns:
            raise InputError(f'{table.file}: there is no column "{name}"')
`;

const stratifying = String.raw`
def interleave(order, classes):
    """Distributes each class evenly over the order: row j of m rows of a class moves to the place (j + 1/2) / m."""
    classes = classes[order]
    places = np.zeros(len(order))
    for each in np.unique(classes):
        members = classes == each
        places[members] = (np.arange(members.sum()) + 0.5) / members.sum()
    return order[np.lexsort((classes, places))]
`;

/** A split with files of its own. */
export type OtherSplit = "validation" | "test";

export interface DataFeatures {
  readonly encoders: ReadonlySet<EncoderName | IdxEncoderName>;
  /** Present if the rows are read from IDX files. */
  readonly idx: IdxFeatures | undefined;
  readonly others: readonly OtherSplit[];
  readonly drops: boolean;
  /** Whether numbers have the separators in `DECIMAL` and `THOUSANDS`. */
  readonly isFormatted: boolean;
  /** Whether checkpoints say how many decimals predictions have. */
  readonly hasDecimals: boolean;
  /** The target whose classes the splits keep in proportion. */
  readonly stratified: string | undefined;
  /** The rules of the splits, in the order in which they choose rows; undefined if splits are drawn from all rows. */
  readonly rules: readonly SplitCall[] | undefined;
}

/** The code that reads data, without the declarations of the fields. */
export function dataText(features: DataFeatures): { readonly reading: string; readonly splitting: string } {
  const { encoders: used, idx, others, drops, stratified, rules } = features;
  const isTables = idx === undefined && others.length > 0;
  return {
    reading: joined(
      idx === undefined ? csvTexts(features) : [...idxTexts(idx, used), ...(idx.fits ? [scaleOf] : [])],
    ),
    splitting: joined([
      ...(drops ? [dropping] : []),
      ...(isTables ? [checking] : []),
      ...(stratified === undefined ? [] : [stratifying]),
      ...(rules === undefined ? [] : [rulesText(rules)]),
      splittingText(features),
    ]),
  };
}

const joined = (texts: readonly string[]): string => texts.map((text) => text.trim()).join("\n\n\n");

function csvTexts({ encoders: used, hasDecimals, isFormatted, rules = [] }: DataFeatures): readonly string[] {
  const sorts = (["Classes", "Categories", "Words"] as const).some((name) => used.has(name));
  const names = Object.keys(encoders).filter((name): name is EncoderName => used.has(name as EncoderName));
  return [
    table.replace("TEXTS", rules.some(({ rule }) => rule.startsWith("rows_of")) ? textsOfColumn : ""),
    isFormatted ? formattedNumberIn : numberIn,
    isMissing,
    ...(sorts ? [sorting] : []),
    ...(hasDecimals ? [decimals] : []),
    ...names.map((name) => withDecimals(encoders[name], hasDecimals)),
  ];
}

/** The columns in which a missing value drops the row. Only the training file expands their ranges. */
const droppedEntries =
  '[entry for field in FIELDS.values() if field.missing == "drop" for entry in field.columns]';

function splittingText({ idx, others, drops, stratified, rules }: DataFeatures): string {
  const isIdx = idx !== undefined;
  const tableOf = (split: string, file: string) =>
    isIdx ? `IdxFiles(file, IDX_FILES["${split}"])` : `Table(${file})`;
  const tables = others.map((split) => `"${split}": ${tableOf(split, split)}`);
  const lines = [
    ...(drops
      ? [
          `entries = ${droppedEntries}`,
          others.length === 0 ? "drop_missing(table, entries)" : "dropping = drop_missing(table, entries)",
        ]
      : []),
    ...(others.length === 0 ? [] : [`others = {${tables.join(", ")}}`]),
    ...(drops && others.length > 0
      ? ["for other in others.values():", "    drop_missing(other, dropping)"]
      : []),
  ];
  const stratify =
    stratified === undefined
      ? ""
      : `\n    target = FIELDS[${stratified}]\n    target.fit(table, np.arange(len(table)))\n` +
        "    order = interleave(order, target.encode(table, np.arange(len(table))))";
  return splitting
    .replace("PARAMETERS", isIdx ? "" : others.map((split) => `, ${split}`).join(""))
    .replace("TABLE", tableOf("training", "file"))
    .replace("OTHERS", lines.map((line) => `\n    ${line}`).join(""))
    .replace("\n    SPLITS", () => (rules === undefined ? drawnSplits : ruledSplits))
    .replace("STRATIFY", stratify)
    .replace("\n    RETURN", others.length === 0 ? ofTable : ofTables)
    .replace("CHECK", isIdx ? "" : "\n        check_columns(other)");
}

/** The encoder with the code that fits decimals, or without it. */
const withDecimals = (encoder: string, hasDecimals: boolean): string =>
  encoder
    .replace("NO_DECIMALS", hasDecimals ? " and not self.has_decimals" : "")
    .replace("FIT_DECIMALS", hasDecimals ? fitDecimals : "")
    .replace("DECIMALS", hasDecimals ? "\n    has_decimals: bool = False" : "");
