// Text for a terminal. If a test fails, lines are cut or broken inside words, tables are torn, or colours reach a
// file or a terminal that refuses them.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { terminalText } from "../../../src/command/terminal/terminal-text.ts";

const terminal = { isTTY: true, columns: 40 };
beforeEach(() => {
  vi.stubEnv("NO_COLOR", "");
  vi.stubEnv("FORCE_COLOR", "");
  vi.stubEnv("TERM", "xterm");
});
afterEach(() => vi.unstubAllEnvs());

describe("a line that is wider than the terminal", () => {
  const line = "  %dense1: f32[n,32] = relu %dense1_sum   // the layer dense1";
  it("is broken between words, and continues below its own indentation", () => {
    expect(terminalText(`${line}\nshort\n`, terminal)).toBe(
      "  %dense1: f32[n,32] = relu %dense1_sum\n    // the layer dense1\nshort\n",
    );
  });
  it("stays whole in a file, in a pipe and in a very narrow terminal", () => {
    for (const stream of [{}, { columns: 40 }, { isTTY: true }, { isTTY: true, columns: 12 }])
      expect(terminalText(line, stream)).toBe(line);
  });
  it("stays whole if it is the row of a table or a single word", () => {
    for (const whole of [`│ ${"cell ".repeat(12)}│`, `https://${"a".repeat(60)}`, `  ${"─".repeat(70)}`])
      expect(terminalText(whole, terminal)).toBe(whole);
  });
});

describe("a line of a difference", () => {
  const lines = "  + %a = exp %x\n  - %b = exp %x\n    %c = neg %a";
  it("is green or red on a terminal; other lines have no colour", () => {
    expect(terminalText(lines, terminal)).toBe(
      "\u001b[32m  + %a = exp %x\u001b[39m\n\u001b[31m  - %b = exp %x\u001b[39m\n    %c = neg %a",
    );
  });
  it.each([
    ["NO_COLOR", "1", { isTTY: true, columns: 40 }, false],
    ["TERM", "dumb", { isTTY: true, columns: 40 }, false],
    ["FORCE_COLOR", "1", {}, true],
    ["FORCE_COLOR", "0", { isTTY: true, columns: 40 }, false],
  ])("with %s=%s on %o has a colour: %s", (name, value, stream, isColoured) => {
    vi.stubEnv(name, value);
    expect(terminalText(lines, stream) === lines).toBe(!isColoured);
  });
});
