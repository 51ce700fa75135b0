/**
 * Replaces `util/sha256.ts` in a web page. The browser's own hash function is asynchronous; this one is
 * synchronous and comes from a small audited library.
 */
import { sha256 as digest } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

/** SHA-256 of bytes, or of a text's UTF-8 bytes, as 64 lower-case hexadecimal digits. */
export const sha256 = (content: string | Uint8Array): string =>
  bytesToHex(digest(typeof content === "string" ? utf8ToBytes(content) : content));
