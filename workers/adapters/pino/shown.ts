/** Names of fields whose value is never shown, whatever it is. */
const SECRET = /password|passphrase|secret|token|mnemonic|private_?key|authori[sz]ation|cookie|^key$|^raw$/i;
/** The user part of a URL, wherever in a text. */
const USER_PART = /\b([a-z][a-z0-9+.-]*:\/\/)([^\s/@:]*):[^\s/@]+@/gi;
/** Longer texts are cut: an input or an output has no place in a log. */
const LONGEST = 500;
const DEEPEST = 5;

/** A value as a log line may hold it: JSON, without secrets, of bounded size. Errors with their code, evidence and causes. */
export function shown(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return shownText(value);
  if (value instanceof Uint8Array) return `<${value.length} bytes>`;
  if (value instanceof Error) return shownError(value, depth);
  if (typeof value !== 'object' || value === null) return value;
  if (depth >= DEEPEST) return '…';
  if (Array.isArray(value)) return value.map((item) => shown(item, depth + 1));
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [
      name,
      SECRET.test(name) && item !== undefined ? '***' : shown(item, depth + 1),
    ]),
  );
}

function shownText(text: string): string {
  const clean = text.replace(USER_PART, '$1$2:***@');
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST)}… (${clean.length} characters)` : clean;
}

function shownError(error: Error, depth: number): unknown {
  const { code, payload } = error as { code?: unknown; payload?: unknown };
  return {
    ...(code === undefined ? {} : { code: shown(code, depth + 1) }),
    message: shownText(error.message),
    ...(payload === undefined ? {} : { payload: shown(payload, depth + 1) }),
    // The message is the first line of the stack; where it was thrown is the rest.
    stack: shownText(
      error.stack
        ?.split('\n')
        .slice(1, 6)
        .map((line) => line.trim())
        .join(' ') ?? '',
    ),
    ...(error.cause === undefined || depth >= DEEPEST ? {} : { cause: shown(error.cause, depth + 1) }),
  };
}
