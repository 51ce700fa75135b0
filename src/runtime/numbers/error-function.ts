// The error function, bit-identical in every engine.
import { exp } from "./exponential.ts";

/**
 * erf x = 2/√π ∫₀ˣ e^(−t²) dt. Near 0, erf x = x + x p(x²). Elsewhere, erf y = 1 − e^(−y²) q(t) for y = |x|
 * and t = (y − 3) / (y + 3), because erfc y · e^(y²) is a smooth function of t for all y ≥ 0 (M. M. Shepherd
 * and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x²) erfc x", Math. Comp. 36, 1981). The
 * polynomials p and q are Chebyshev interpolants with an error of 2·10⁻¹⁷.
 */
export function erf(x: number): number {
  const y = Math.abs(x);
  if (y < 0.84375) {
    const z = x * x;
    return (
      x +
      x *
        (0.12837916709551256 +
          z *
            (-0.376126389031834 +
              z *
                (0.11283791670935311 +
                  z *
                    (-0.02686617064077985 +
                      z *
                        (0.005223977576377844 +
                          z *
                            (-0.000854832379116413 +
                              z *
                                (0.00012055199941321885 +
                                  z *
                                    (-0.000014922121574443055 +
                                      z *
                                        (0.000001640162967934702 +
                                          z * (-1.571446067260244e-7 + z * 1.0726571432176348e-8))))))))))
    );
  }
  if (!(y < 6)) return x > 0 ? 1 : x < 0 ? -1 : x;
  const t = (y - 3) / (y + 3);
  const q =
    0.17900115118138996 +
    t *
      (-0.3262335600430368 +
        t *
          (0.24560380171233676 +
            t *
              (-0.1501159365008754 +
                t *
                  (0.07166583719723386 +
                    t *
                      (-0.024392499312857877 +
                        t *
                          (0.004269136370486416 +
                            t *
                              (0.000707746305149272 +
                                t *
                                  (-0.0005970628837767877 +
                                    t *
                                      (0.00004525638065641482 +
                                        t *
                                          (0.00006406850952675462 +
                                            t *
                                              (-0.000012856776559022287 +
                                                t *
                                                  (-0.000008051026063353493 +
                                                    t *
                                                      (0.0000020210700543745385 +
                                                        t *
                                                          (0.0000013904438032627075 +
                                                            t * 9.398031552303914e-8))))))))))))));
  const value = 1 - exp(-y * y) * q;
  return x < 0 ? -value : value;
}
