// UTF-8 validation of a file that is read in pieces. If a test fails, valid text is damaged, or an error has
// the wrong line number.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { utf8BytesOf } from "../../../../src/command/formats/tables/read-lines.ts";

const folder = mkdtempSync(join(tmpdir(), "utf8-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** The size of a piece in bytes. */
const pieceSize = 1 << 16;

async function textOf(bytes: Uint8Array): Promise<string> {
  const file = join(folder, "text");
  writeFileSync(file, bytes);
  let text = "";
  // Decodes each piece separately, because no piece may end inside a character.
  for await (const piece of utf8BytesOf(file))
    text += new TextDecoder("utf-8", { fatal: true }).decode(piece);
  return text;
}

test.each([0, 1, 2, 3, 4])(
  "characters of 2, 3 and 4 bytes are unchanged by a cut %i bytes after their start",
  async (cut) => {
    for (const sign of ["ü", "€", "😀", "\ufffd"]) {
      const text = `${"a".repeat(pieceSize - cut)}${sign}b`;
      expect(await textOf(Buffer.from(text))).toBe(text);
    }
  },
);

test.each([0, 1, 2, 3, 4])(
  "a byte that is not UTF-8 is reported with its line, %i bytes before the end of a piece",
  async (back) => {
    const start = `ü\r\nb\rc\n${"d".repeat(pieceSize)}`.slice(0, pieceSize - back - 1 - 1);
    for (const [wrong, after] of [
      ["\xfc", "\n"],
      ["\xe1", "r\n\n"],
      ["\xff", ""],
      ["\x80", "\r"],
    ])
      await expect(
        textOf(
          Buffer.concat([Buffer.from(start), Buffer.from(`${wrong}${after}`, "latin1"), Buffer.from("x\n€")]),
        ),
      ).rejects.toThrow(/text:4 error T2002: the text is not UTF-8/);
  },
);
