// SHA-256, which identifies a spec or a checkpoint. Only this file uses the host's hash function.
import { createHash } from "node:crypto";

/** SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export const sha256 = (content: string | Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");
