/** Words as they are searched by: lower case, letters and digits only, so that "Digits-CNN" is found by "digits" and by "cnn". */

const LONGEST = 64;

/** Each word once, in order of appearance, at most `most`; longer words are cut. */
export function wordsOf(text: string, most: number): string[] {
  const found =
    text
      .normalize('NFKC')
      .toLowerCase()
      .match(/[\p{L}\p{N}]+/gu) ?? [];
  return [...new Set(found.map((word) => [...word].slice(0, LONGEST).join('')))].slice(0, most);
}
