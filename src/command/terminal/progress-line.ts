/** Progress: one line that is redrawn on a terminal, a line of its own for each report anywhere else. */
import type { WriteStream } from "node:tty";

interface ProgressLine {
  show(text: string): void;
  /** Leaves the last line where it is. */
  end(): void;
}

/** `log-update` is loaded only for a terminal. */
export async function progressLine(stream: WriteStream): Promise<ProgressLine> {
  if (!stream.isTTY) return { show: (text) => void stream.write(`${text}\n`), end: () => {} };
  if (!stream.columns) return unmeasuredLine(stream);
  const { createLogUpdate } = await import("log-update");
  const line = createLogUpdate(stream);
  return { show: (text) => line(text), end: () => line.done() };
}

/** A terminal that does not say how wide it is: nothing can be wrapped, so the line is redrawn as it is. */
function unmeasuredLine(stream: WriteStream): ProgressLine {
  let isShown = false;
  return {
    show(text) {
      stream.write(`\r\x1b[2K${text}`);
      isShown = true;
    },
    end() {
      if (isShown) stream.write("\n");
    },
  };
}

// Whether text on a stream may have colour: terminals only, and NO_COLOR (no-color.org) turns it off.

/** FORCE_COLOR turns it on where NO_COLOR does not speak. */
export function hasColour(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return stream.isTTY === true && TERM !== "dumb";
}

/** How large a chart is to be on a stream: as wide as the terminal, within reason. */
export const terminalSize = ({ columns }: { readonly columns?: number }) => ({
  width: Math.min(Math.max(columns ?? 80, 40), 100),
  height: 14,
});
