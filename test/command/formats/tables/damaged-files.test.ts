// What no data file may do, however it is damaged: end in an internal error or an exception of a library, or hang.
import { expect, test } from "vitest";
import { fuzzDataFiles, readSample } from "../../../fuzz/data-files.ts";
import { sampleFiles } from "../../../fuzz/sample-files.ts";

test.each(sampleFiles())("the undamaged sample of $format is read", async (sample) => {
  await expect(readSample(sample)).resolves.toBeUndefined();
});

test("damaged files of every format are read or refused with a diagnostic", async () => {
  expect(await fuzzDataFiles(1, 660)).toEqual([]);
});
