/** The compiler's version, which emitted files contain. A test compares it with package.json. */
export const version = "0.1.0";
