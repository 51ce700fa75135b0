/**
 * Data sets of points in the plane, which the page generates. Their columns are `x`, `y`, the class, and functions of
 * x and y, so that a spec can choose its features among the columns. The file name contains the set and its noise:
 * `moons.csv`, or `moons-noise-20.csv` with a standard deviation of 0.2.
 */

export interface PlanePoint {
  readonly x: number;
  readonly y: number;
  readonly label: string;
}

/** The features that the files have as columns, with their names on the page. */
export const planeFeatures: Readonly<
  Record<string, { readonly label: string; of(x: number, y: number): number }>
> = {
  x: { label: "x", of: (x) => x },
  y: { label: "y", of: (_, y) => y },
  x2: { label: "x²", of: (x) => x * x },
  y2: { label: "y²", of: (_, y) => y * y },
  xy: { label: "x·y", of: (x, y) => x * y },
  sin_x: { label: "sin πx", of: (x) => Math.sin(Math.PI * x) },
  sin_y: { label: "sin πy", of: (_, y) => Math.sin(Math.PI * y) },
};

/** The set that contains the points that the user has drawn. */
export const drawnSet = "drawn";

/** The names of the sets. */
export const planeSets: readonly string[] = ["moons", "circles", "xor", "spiral", drawnSet];

/** The noise of a set in percent: the standard deviation of what is added to each coordinate is `noise / 100`. */
export interface Plane {
  readonly set: string;
  readonly noise: number;
}

/** The highest noise that a file name can have. */
export const maxNoise = 100;

export const planeFile = ({ set, noise }: Plane): string =>
  noise === 0 ? `${set}.csv` : `${set}-noise-${noise}.csv`;

/** The set and the noise of a file name; undefined if the page does not generate such a file. */
export function planeOfFile(file: string): Plane | undefined {
  const [, set = "", noise = "0"] = /^([a-z]+)(?:-noise-([1-9]\d{0,2}))?\.csv$/.exec(file) ?? [];
  return planeSets.includes(set) && Number(noise) <= maxNoise ? { set, noise: Number(noise) } : undefined;
}

/** The points that are not generated. */
export interface PlaneSources {
  /** The content of the repository's file of two moons. */
  readonly moons: string;
  readonly drawn: readonly PlanePoint[];
}

/** The points of a set. They are the same on every load. */
export function planePoints({ set, noise }: Plane, sources: PlaneSources): readonly PlanePoint[] {
  const plain = set === "moons" ? moonsIn(sources.moons) : set === drawnSet ? sources.drawn : generated(set);
  if (noise === 0) return plain;
  const next = numbersFrom(13);
  return plain.map(({ x, y, label }) => {
    // Box and Muller's method.
    const [radius, angle] = [(noise / 100) * Math.sqrt(-2 * Math.log(next())), 2 * Math.PI * next()];
    return { x: x + radius * Math.cos(angle), y: y + radius * Math.sin(angle), label };
  });
}

/** The content of the file of a set. */
export function planeCsv(plane: Plane, sources: PlaneSources): string {
  const features = Object.entries(planeFeatures);
  const row = ({ x, y, label }: PlanePoint) =>
    [...features.map(([, { of }]) => of(x, y).toFixed(4)), label].join();
  const header = [...features.map(([name]) => name), "class"].join();
  return [header, ...planePoints(plane, sources).map(row), ""].join("\n");
}

const moonsIn = (csv: string): PlanePoint[] =>
  csv
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => {
      const [x, y, label] = line.split(",");
      return { x: Number(x), y: Number(y), label };
    });

/**
 * Random numbers in (0, 1) from Park and Miller's generator, whose quality is sufficient for example data.
 */
export function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}

const rows = 400;

const shapes: Readonly<
  Record<string, (share: number, of: number, noise: () => number) => readonly [number, number]>
> = {
  circles(share, of, noise) {
    const radius = (of === 0 ? 0.4 : 1) + 0.12 * noise();
    return [radius * Math.cos(2 * Math.PI * share), radius * Math.sin(2 * Math.PI * share)];
  },
  spiral(share, of, noise) {
    const turn = 3 * Math.PI * Math.sqrt(share) + of * Math.PI + 0.2 * noise();
    const radius = 0.05 + Math.sqrt(share);
    return [radius * Math.cos(turn), radius * Math.sin(turn)];
  },
  xor(_, of, noise) {
    // Opposite quadrants have the same class.
    const [x, y] = [noise(), Math.abs(noise())];
    return [x, Math.sign(x) * (of === 0 ? 1 : -1) * y];
  },
};

function generated(shape: string): PlanePoint[] {
  const next = numbersFrom(7);
  const noise = () => 2 * next() - 1;
  return Array.from({ length: rows }, (_, row) => {
    const of = row % 2;
    const [x, y] = shapes[shape](next(), of, noise);
    return { x, y, label: of === 0 ? "inside" : "outside" };
  });
}
