/** The compiler's version, as emitted files state it. A test holds it against package.json. */
export const version = "0.1.0";
