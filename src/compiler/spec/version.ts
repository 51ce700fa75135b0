/** The compiler's version, as emitted files state it. A test compares it with package.json. */
export const version = "0.1.0";
