// Measures the peak speed of 128-bit SIMD on this machine with a WebAssembly kernel that uses only registers.
// Every accumulator computes a ← a · scale + shift, so that nothing can be computed before the loop. There
// are enough independent accumulators to hide the latency of each operation. The speed of a training step is
// reported as a fraction of this peak.
import wabt from "wabt";

/**
 * The number of independent accumulators. With their two common operands and one spare register, they occupy
 * 15 of 16 registers.
 */
const chains = 12;
/**
 * The number of operations per accumulator in one iteration. It is large enough that the time of the loop
 * itself does not matter.
 */
const links = 8;
/** The number of iterations in one "step" of this contender, which takes some microseconds. */
export const peakIterations = 1000;

/** In each operation, four lanes perform one multiplication and one addition. */
export const flopsPerPeakStep = peakIterations * chains * links * 4 * 2;

const names = Array.from({ length: chains }, (_, i) => `$a${i}`);

const link = {
  plain: (a: string) =>
    `(local.set ${a} (f32x4.add (f32x4.mul (local.get ${a}) (local.get $scale)) (local.get $shift)))`,
  relaxed: (a: string) =>
    `(local.set ${a} (f32x4.relaxed_madd (local.get ${a}) (local.get $scale) (local.get $shift)))`,
};

/**
 * The text of the kernel. `run(turns)` returns the sum of one lane of every accumulator, so that no
 * accumulator can be optimised away.
 */
export const peakText = (kind: keyof typeof link): string => `(module
  (func (export "run") (param $turns i32) (result f32)
    (local $scale v128) (local $shift v128) ${names.map((name) => `(local ${name} v128)`).join(" ")}
    (local.set $scale (f32x4.splat (f32.const 0.75)))
    (local.set $shift (f32x4.splat (f32.const 0.25)))
    ${names.map((name, i) => `(local.set ${name} (f32x4.splat (f32.const ${i + 2})))`).join("\n    ")}
    (loop $again
      ${Array.from({ length: links }, () => names.map(link[kind]).join("\n      ")).join("\n      ")}
      (br_if $again (local.tee $turns (i32.sub (local.get $turns) (i32.const 1)))))
    ${names.map((name) => `(f32x4.extract_lane 0 (local.get ${name}))`).join(" ")}
    ${"f32.add ".repeat(chains - 1)}))`;

/** The kernel as a WebAssembly module. */
export async function peakKernel(kind: keyof typeof link): Promise<Uint8Array> {
  const { parseWat } = await wabt();
  const features = { simd: true, relaxed_simd: true };
  const module = parseWat("peak.wat", peakText(kind), features);
  const { buffer } = module.toBinary({});
  module.destroy();
  return buffer;
}
