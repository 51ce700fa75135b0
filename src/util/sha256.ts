// SHA-256 of a text: how a spec, and later a checkpoint, is recognised again. The one place that names the host's hash.
import { createHash } from "node:crypto";

/** SHA-256 of the text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export const sha256 = (text: string): string => createHash("sha256").update(text, "utf8").digest("hex");
