// How fast 128-bit SIMD can be on this machine: a WebAssembly kernel that lives in registers. Every
// accumulator goes a ← a · scale + shift, so that nothing can be computed ahead of the loop, and there are so
// many of them that one chain's wait is filled by the others. The share of this peak is what a training step
// is judged by.
import wabt from "wabt";

/** Chains side by side: with the two operands that they share, as many as sixteen registers hold beside a spare one. */
const chains = 12;
/** Links of each chain in one turn of the loop, so that the loop itself costs nothing. */
const links = 8;
/** Turns of the loop in what a contender calls a step: some microseconds. */
export const peakIterations = 1000;

/** Four lanes, a multiplication and an addition each. */
export const flopsPerPeakStep = peakIterations * chains * links * 4 * 2;

const names = Array.from({ length: chains }, (_, i) => `$a${i}`);

const link = {
  plain: (a: string) =>
    `(local.set ${a} (f32x4.add (f32x4.mul (local.get ${a}) (local.get $scale)) (local.get $shift)))`,
  relaxed: (a: string) =>
    `(local.set ${a} (f32x4.relaxed_madd (local.get ${a}) (local.get $scale) (local.get $shift)))`,
};

/** The text of the kernel: `run(turns)` gives the sum of a lane of each chain, so that none is left out. */
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
