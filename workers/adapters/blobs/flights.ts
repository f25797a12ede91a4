import { orAborted } from './orAborted.ts';

/** What is wanted of a file. */
export interface Wanted {
  readonly sha256: string;
  readonly size: number;
  readonly uris: readonly string[];
}

interface Flight {
  readonly done: Promise<void>;
  readonly abort: AbortController;
  waiting: number;
}

/** Why a fetch ends whose file another one brought. */
const LANDED = new Error('Another fetch has brought the file.');

/**
 * Fetches under way: one for all who want the same file of the same places, given up when the last of them gives up. Who names other places
 * or another size has a fetch of its own, for strangers publish versions of a file that is not theirs, and nobody depends on the places of
 * another; the first that brings the file ends the others.
 */
export class Flights {
  /** By file, then by places. */
  readonly #flights = new Map<string, Map<string, Flight>>();

  async join(wanted: Wanted, fly: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<void> {
    const flight = this.#flying(wanted, fly);
    flight.waiting++;
    try {
      await orAborted(flight.done, signal);
    } finally {
      if (--flight.waiting === 0 && signal.aborted) flight.abort.abort(signal.reason);
    }
  }

  #flying({ sha256, size, uris }: Wanted, fly: (signal: AbortSignal) => Promise<void>): Flight {
    const file = `${sha256} ${size}`;
    const places = JSON.stringify(uris);
    const flights = this.#flights.get(file) ?? new Map<string, Flight>();
    const flying = flights.get(places);
    if (flying && !flying.abort.signal.aborted) return flying;
    const abort = new AbortController();
    const landed = () => {
      for (const other of flights.values()) if (other !== flight) other.abort.abort(LANDED);
    };
    const failed = (error: unknown) => {
      if (abort.signal.reason !== LANDED) throw error;
    };
    const done = fly(abort.signal)
      .then(landed, failed)
      .finally(() => {
        if (flights.get(places) === flight) flights.delete(places);
        if (flights.size === 0 && this.#flights.get(file) === flights) this.#flights.delete(file);
      });
    done.catch(() => undefined); // every caller hears of it through its own wait
    const flight: Flight = { done, abort, waiting: 0 };
    this.#flights.set(file, flights.set(places, flight));
    return flight;
  }
}
