/** What fits into one transaction. */

/**
 * Bytes of calldata that a call about several requests may have. The pools of go-ethereum, and of the nodes that are derived from it,
 * refuse transactions of more than 131,072 bytes, which no estimate tells; the difference is for the envelope.
 */
export const CALLDATA_BYTES = 110_000;

export const bytesOf = (data: string): number => (data.length - 2) / 2;

/** Cuts items into calls that fit, as even as they come. What does not fit alone is a call all the same. */
export function fitting<T>(items: readonly T[], dataOf: (items: readonly T[]) => string): readonly (readonly T[])[] {
  if (items.length < 2) return items.length === 0 ? [] : [items];
  const parts = Math.ceil(bytesOf(dataOf(items)) / CALLDATA_BYTES);
  if (parts === 1) return [items];
  const size = Math.ceil(items.length / parts);
  const cut: (readonly T[])[] = [];
  for (let i = 0; i < items.length; i += size) cut.push(...fitting(items.slice(i, i + size), dataOf));
  return cut;
}
