/** Progress: one line that is redrawn on a terminal; elsewhere a new line for each report. */
import type { WriteStream } from "node:tty";

interface ProgressLine {
  show(text: string): void;
  /** Shows the text only if the line is redrawn. */
  redraw(text: string): void;
  /** Ends the progress line; its last text remains on the screen. */
  end(): void;
}

/** `log-update` is loaded only for a terminal. */
export async function progressLine(stream: WriteStream): Promise<ProgressLine> {
  if (!stream.isTTY)
    return { show: (text) => void stream.write(`${text}\n`), redraw: () => {}, end: () => {} };
  if (!stream.columns) return unmeasuredLine(stream);
  const { createLogUpdate } = await import("log-update");
  const line = createLogUpdate(stream);
  return { show: (text) => line(text), redraw: (text) => line(text), end: () => line.done() };
}

/** For a terminal of unknown width, where lines cannot be wrapped: redraws the unwrapped line. */
function unmeasuredLine(stream: WriteStream): ProgressLine {
  let isShown = false;
  const show = (text: string) => {
    stream.write(`\r\x1b[2K${text}`);
    isShown = true;
  };
  return {
    show,
    redraw: show,
    end() {
      if (isShown) stream.write("\n");
    },
  };
}

// Colour is used only on terminals; NO_COLOR (no-color.org) disables it.

/** FORCE_COLOR enables colour unless NO_COLOR is set. */
export function hasColour(stream: { readonly isTTY?: boolean }): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== "") return FORCE_COLOR !== "0";
  return stream.isTTY === true && TERM !== "dumb";
}

/** The size of a chart on a stream: the width of the terminal, from 40 to 100 columns. */
export const terminalSize = ({ columns }: { readonly columns?: number }) => ({
  width: Math.min(Math.max(columns ?? 80, 40), 100),
  height: 14,
});
