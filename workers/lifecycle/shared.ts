/**
 * One answer for all who ask while it is being made and for `ms` after it: however many strangers ask, it costs what one asker would who
 * came back at once. An error is shared as well.
 */
export function shared<T>(
  ask: () => Promise<T>,
  ms: number,
  now: () => number = () => performance.now(),
): () => Promise<T> {
  let last: { readonly answer: Promise<T>; until: number } | undefined;
  return () => {
    if (last && now() < last.until) return last.answer;
    const made = { answer: ask(), until: Number.POSITIVE_INFINITY };
    const isMade = () => {
      made.until = now() + ms;
    };
    made.answer.then(isMade, isMade);
    last = made;
    return made.answer;
  };
}
