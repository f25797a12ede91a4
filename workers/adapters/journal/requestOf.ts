import { isAboutRequest, type ProtocolEvent } from '#core/protocol/events.ts';
import type { Hex } from '#ports/chain.ts';

/** The request an event is about; stake, offers, models and governance are about none. */
export function requestOf(event: ProtocolEvent): Hex | undefined {
  return isAboutRequest(event) ? event.id : undefined;
}

/** The requests a list of events is about, each once. */
export function requestsOf(events: readonly ProtocolEvent[]): readonly Hex[] {
  return [...new Set(events.flatMap((event) => requestOf(event) ?? []))];
}
