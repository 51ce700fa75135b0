/** The texts that the page's other scripts define: worker sources, data files, and example specs. */
import { strToU8 } from "fflate";

declare global {
  var tapelessTexts: Partial<PageTexts> | undefined;
}

export interface PageTexts {
  readonly libraries: string;
  readonly compiler: string;
  readonly trainer: string;
  readonly pathWorker: string;
  /** The contents of data files, by name. */
  readonly data: Readonly<Record<string, string>>;
  /** The contents of model files and packed data files in base64, by name. */
  readonly binaries: Readonly<Record<string, string>>;
  /** The example specs of the repository, by name. */
  readonly specs: Readonly<Record<string, string>>;
}

/**
 * Returns the texts. Call it after all scripts of the page have run. @throws Error if a file of the page is
 * missing
 */
export function texts(): PageTexts {
  const { libraries, compiler, trainer, pathWorker, data, binaries, specs } = globalThis.tapelessTexts ?? {};
  if (libraries && compiler && trainer && pathWorker && data && binaries && specs)
    return { libraries, compiler, trainer, pathWorker, data, binaries, specs };
  throw new Error(
    "a file of the playground is missing: compiler.js, libraries.js and data.js must be in the same folder",
  );
}

export const bytesOfBase64 = (text: string): Uint8Array => strToU8(atob(text), true);

/** Starts a worker that runs these scripts in order. The page's policy allows it, and it needs no server. */
export function workerOf(...scripts: readonly string[]): Worker {
  const address = URL.createObjectURL(
    new Blob([...scripts.map((text) => `${text}\n`)], { type: "text/javascript" }),
  );
  const worker = new Worker(address);
  URL.revokeObjectURL(address);
  return worker;
}
