/** The texts that the page's other scripts define: worker sources, data files, and example specs. */
declare global {
  var tapelessTexts: Partial<PageTexts> | undefined;
}

export interface PageTexts {
  readonly libraries: string;
  readonly compiler: string;
  readonly trainer: string;
  readonly pathWorker: string;
  /** Data files by name. */
  readonly data: Readonly<Record<string, string>>;
  /** Specs of the repository by name. */
  readonly specs: Readonly<Record<string, string>>;
}

/** The texts, once all scripts of the page have run. @throws Error if one of its files is missing */
export function texts(): PageTexts {
  const { libraries, compiler, trainer, pathWorker, data, specs } = globalThis.tapelessTexts ?? {};
  if (libraries && compiler && trainer && pathWorker && data && specs)
    return { libraries, compiler, trainer, pathWorker, data, specs };
  throw new Error(
    "a file of the playground is missing: compiler.js, libraries.js and data.js must be in the same folder",
  );
}

/** A worker that runs these scripts in order. It obeys the page's policy and needs no server. */
export function workerOf(...scripts: readonly string[]): Worker {
  const address = URL.createObjectURL(
    new Blob([...scripts.map((text) => `${text}\n`)], { type: "text/javascript" }),
  );
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}
