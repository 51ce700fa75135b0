// Limits on data files. A packed file has one more: `mostUnpacked` of runtime/gunzip.ts. Each is generous for
// real data, and keeps a damaged or hostile file from taking memory that its own size does not justify.

/** The bytes of one line of JSON Lines, or of one record of CSV. */
export const mostLineBytes = 2 ** 24;

/** How many columns a file has. */
export const mostColumns = 1_000_000;

/** How deep lists and objects are nested on a line of JSON, or in the schema of a Parquet file. */
export const deepest = 32;
