import type { ProtocolEvent } from '#core/protocol/events.ts';
import type { Hex } from '#ports/chain.ts';

/** The requests a list of events concerns, each once. Events of other things (stake, offers, models) concern none. */
export function requestsOf(events: readonly ProtocolEvent[]): readonly Hex[] {
  return [
    ...new Set(events.flatMap((event) => ('id' in event && typeof event.id === 'string' ? [event.id as Hex] : []))),
  ];
}
