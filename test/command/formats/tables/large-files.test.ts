// A large data file must be read completely. If the test fails, rows are lost. (`npm run bench -- --limits`
// measures the memory.)
import { expect, test } from "vitest";
import { readLargeFile, rows } from "../../../bench/large-file.ts";

test("a file of 500,000 rows is read to its last value", { timeout: 300_000 }, () => {
  const found = readLargeFile();
  expect([found.rows, found.last]).toEqual([rows, found.written]);
});
