// Bytes that stand in a module as text. Only predictors with many parameters have this.

/** Every host since 2022 has it. */
declare function atob(text: string): string;

/** The bytes of base64; line breaks do not count. */
export function bytesIn(text: string): Uint8Array {
  return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
}
