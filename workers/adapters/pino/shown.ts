import { redactUrls } from '#core/redactUrls.ts';

/** Names of fields whose value is never shown, whatever it is. */
const SECRET = /password|passphrase|secret|token|mnemonic|private_?key|authori[sz]ation|cookie|^key$|^raw$/i;
/** The user part of a URL, wherever in a text. */
const USER_PART = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/@:]*):[^\s/@]+@/gi;
/** Shown with its whole path: somebody published it on chain. In an error it may be a gateway's, with a key. */
const PUBLISHED = /^uris?$/;
/** Longer texts are cut: an input or an output has no place in a log. */
const LONGEST = 500;
const DEEPEST = 5;

interface Place {
  readonly depth: number;
  readonly inError: boolean;
}

const TOP: Place = { depth: 0, inError: false };

/** A value as a log line may hold it: JSON, without secrets, of bounded size. Errors with their code, evidence and causes. */
export function shown(value: unknown, place = TOP): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return shownText(redactUrls(value));
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (value instanceof Error) return shownError(value, place);
  if (typeof value !== 'object' || value === null) return value;
  if (place.depth >= DEEPEST) return '…';
  const below = { ...place, depth: place.depth + 1 };
  if (Array.isArray(value)) return value.map((item) => shown(item, below));
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, shownField(name, item, below)]));
}

function shownField(name: string, value: unknown, place: Place): unknown {
  if (SECRET.test(name) && value !== undefined) return '***';
  if (!PUBLISHED.test(name) || place.inError) return shown(value, place);
  if (typeof value === 'string') return shownText(value);
  return Array.isArray(value) ? value.map((item) => shownField(name, item, place)) : shown(value, place);
}

function shownText(text: string): string {
  const clean = text.replace(USER_PART, '$1$2:***@');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}… (${clean.length} characters)` : clean;
}

function shownError(error: Error, { depth }: Place): unknown {
  const { code, payload } = error as { code?: unknown; payload?: unknown };
  const below = { depth: depth + 1, inError: true };
  return {
    ...(code === undefined ? {} : { code: shown(code, below) }),
    message: shown(error.message, below),
    ...(payload === undefined ? {} : { payload: shown(payload, below) }),
    // The message is the first line of the stack; where it was thrown is the rest.
    stack: shown(
      error.stack
        ?.split('\n')
        .slice(1, 6)
        .map((line) => line.trim())
        .join(' ') ?? '',
      below,
    ),
    ...(error.cause === undefined || depth >= DEEPEST ? {} : { cause: shown(error.cause, below) }),
  };
}
