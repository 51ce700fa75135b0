// A large file comes out whole. (How much memory that takes is measured by `npm run bench -- --limits`.)
import { expect, test } from "vitest";
import { readLargeFile, rows } from "../../../bench/large-file.ts";

test("a file of 500,000 rows is read to its last number", { timeout: 300_000 }, () => {
  const found = readLargeFile();
  expect([found.rows, found.last]).toEqual([rows, found.written]);
});
