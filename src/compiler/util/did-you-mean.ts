// The nearest of some known names to one that is not known: what "did you mean" suggests. Near means few edits
// for the length of the word; a wild guess helps nobody, so a far name gives nothing.
import { distance } from "fastest-levenshtein";

// Edit distance costs the product of both lengths; real names are shorter.
const longestWord = 100;

/**
 * The candidate within two fifths of the longer one's length in edits (one at least), upper and lower case
 * alike; or undefined.
 */
export function didYouMean(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length === 0 || word.length > longestWord) return undefined;
  const plain = (text: string) => text.toLowerCase().replaceAll(/[-_ ]/g, "");
  let best: string | undefined;
  let fewest = Infinity;
  for (const candidate of candidates) {
    if (candidate.length > longestWord) continue;
    const edits = distance(plain(word), plain(candidate));
    const allowed = Math.max(1, Math.floor(0.4 * Math.max(word.length, candidate.length)));
    if (edits <= allowed && edits < fewest) {
      best = candidate;
      fewest = edits;
    }
  }
  return best;
}
