/** A URL as it may be shown: no user's password, no path or parameters of a web address, for keys are kept there. */
export function redactUrl(url: string): string {
  if (!/^[a-z]+:\/\//.test(url) || !URL.canParse(url)) return url;
  const { protocol, username, password, host, pathname, search } = new URL(url);
  const user = username + password === '' ? '' : `${username}${password === '' ? '' : ':***'}@`;
  const web = protocol === 'http:' || protocol === 'https:';
  const rest = web ? (pathname.length > 1 || search !== '' ? '/***' : '') : pathname;
  return `${protocol}//${user}${host}${rest}`;
}

const SECRET = /password|token|secret/i;
/** Names of files are no secrets. */
const FILE = /File$/;

/** A configuration as a log may show it: JSON, integers of 64 bits and more in decimal, secrets as ***. */
export function printable(value: unknown, key = ''): unknown {
  if (SECRET.test(key) && !FILE.test(key)) return value === undefined ? undefined : '***';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'string') return redactUrl(value);
  if (Array.isArray(value)) return value.map((item) => printable(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, printable(item, name)]));
}
