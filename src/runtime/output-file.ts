// The file that a program writes: at no moment there is half of one, whatever stops the program or the machine.
import { hostFiles, type HostFiles } from "./host-files.ts";
import { InputError } from "./input-error.ts";

declare const crypto: { randomUUID(): string };

/** Writes the whole file. */
export type WriteOutput = (bytes: Uint8Array) => Promise<void>;

/**
 * Finds out that the file can be written, before the work whose result it is to hold. Makes its folder, and removes what runs that were
 * killed left there of it. A link stays, and what it leads to is replaced; what is no file, as /dev/null, is written to.
 */
export async function openOutput(path: string): Promise<WriteOutput> {
  const files = await hostFiles();
  const orRefuse = <T>(work: Promise<T>) =>
    work.catch((error: Error): never => {
      throw new InputError(`cannot write ${path}: ${error.message}`);
    });
  const write = await orRefuse(writerFor(files, path));
  return (bytes) => orRefuse(write(bytes));
}

async function writerFor(files: HostFiles, path: string): Promise<WriteOutput> {
  const isFile = (await files.stat(path).catch(() => undefined))?.isFile();
  if (isFile === false) return (bytes) => files.writeFile(path, bytes, { flag: "w" });
  // Fails for a file that must not be changed.
  if (isFile) await files.appendFile(path, "");
  const target = await targetOf(files, path);
  const [, folder = "./", name] = /^(.*[/\\])?(.*)/s.exec(target) ?? [];
  await files.mkdir(folder, { recursive: true });
  // A name may be as long as the system allows; this one has to be no longer.
  const start = `.${name.slice(0, 60)}.`;
  for (const other of await files.readdir(folder).catch(() => []))
    if (other.startsWith(start) && /^\w{8}\.partial$/.test(other.slice(start.length)))
      await files.rm(folder + other, { force: true });
  const partial = () => `${folder}${start}${crypto.randomUUID().slice(0, 8)}.partial`;
  const probe = partial();
  await files.writeFile(probe, new Uint8Array(0), { flag: "wx" });
  await files.rm(probe, { force: true });
  const replace = async (bytes: Uint8Array, tries = 3): Promise<void> => {
    const beside = partial();
    try {
      const mode = (await files.stat(target).catch(() => undefined))?.mode;
      await files.writeFile(beside, bytes, { flag: "wx", flush: true, mode });
      if (mode !== undefined) await files.chmod(beside, mode);
      await files.rename(beside, target);
    } catch (error) {
      await files.rm(beside, { force: true });
      // A run that began in the meantime takes the partial file of this one for what a killed run left.
      if (tries === 1) throw error;
      return replace(bytes, tries - 1);
    }
    const handle = await files.open(folder).catch(() => undefined);
    await handle?.sync().catch(() => {});
    await handle?.close();
  };
  return replace;
}

/** Where a path leads, also through links to what is not there yet. */
async function targetOf(files: HostFiles, path: string, links = 9): Promise<string> {
  const target = await files.realpath(path).catch(() => undefined);
  const link =
    target === undefined && links > 0 ? await files.readlink(path).catch(() => undefined) : undefined;
  if (link === undefined) return target ?? path;
  const isWhole = /^([/\\]|\w:)/.test(link);
  return targetOf(files, isWhole ? link : path.replace(/[^/\\]*$/, link), links - 1);
}
