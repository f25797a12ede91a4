/** A replay as JSON text: what JSON cannot say is text, `undefined` is null. */
import type { Replay } from '#core/challenges/replayTypes.ts';

export function replayJson(replay: Replay): unknown {
  const text = JSON.stringify(replay, (_key, value: unknown) => {
    if (value === undefined) return null;
    if (typeof value === 'bigint') return value.toString();
    if (typeof value === 'number' && !Number.isFinite(value)) return String(value);
    return Object.is(value, -0) ? '-0' : value;
  });
  return JSON.parse(text);
}
