/** `tapeless train --stream`: a run whose rows stay on disk. */
import { InternalError } from "../../../compiler/diagnostics/errors.ts";
import type { Source } from "../../../runtime/data/dataset.ts";
import { resultText } from "../../../runtime/training/train-on.ts";
import type { Regime } from "../../../runtime/training/train-on.ts";
import { progressLine } from "../../terminal/progress-line.ts";
import { printNotice } from "../../terminal/report-error.ts";
import { streamedDataset } from "./streamed-dataset.ts";
import type { StreamedDataset, StreamRequest } from "./streamed-dataset.ts";

interface StreamedRun {
  /** Reads the files. The returned source contains no rows. */
  read(): Promise<Source>;
  /** Trains one model, whose checkpoints contain the sizes of the stream. */
  readonly regime: Regime;
  /** Removes the temporary files. */
  close(): void;
}

/** The time between two reports of progress, in milliseconds. */
const reportEvery = 500;

export function openStream(request: Omit<StreamRequest, "progress">): StreamedRun {
  let streamed: StreamedDataset | undefined;
  return {
    async read() {
      const line = await progressLine(process.stderr);
      let next = performance.now() + reportEvery;
      streamed = await streamedDataset({
        ...request,
        progress(file, rows) {
          if (performance.now() < next) return;
          next = performance.now() + reportEvery;
          line.redraw(`reading ${file}: ${rows} rows`);
        },
      });
      line.end();
      const { source, rows, bytes } = streamed;
      const size = `${(bytes / 1e6).toFixed(1)} MB`;
      printNotice(source.file, `${rows} rows, stored in a temporary file of ${size} for this training`);
      return source;
    },
    regime: {
      train({ trainer, epochs, train }) {
        if (streamed === undefined) throw new InternalError("the data was not read");
        return train(trainer, streamed.dataset, { epochs, metadata: { stream: request.sizes } });
      },
      doubt: () => undefined,
      text: resultText,
    },
    close: () => streamed?.close(),
  };
}
