// Damaged data files. If a test fails, such a file causes an internal error, an exception of a library, or a
// hang.
import { expect, test } from "vitest";
import { fuzzDataFiles, readSample } from "../../../fuzz/data-files.ts";
import { sampleFiles } from "../../../fuzz/sample-files.ts";

test.each(sampleFiles())("the undamaged sample of $format is read", async (sample) => {
  await expect(readSample(sample)).resolves.toBeUndefined();
});

test("damaged files of every format are read or rejected with a diagnostic", async () => {
  expect(await fuzzDataFiles(1, 660)).toEqual([]);
});
