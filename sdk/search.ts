/**
 * Asks an indexer (docs/workers/indexer.md): models by name, task, tag and price; nodes, requests, balances, statistics. Amounts are
 * bigint, wei of OPG. What an indexer says is convenient and not proven: what is paid is checked against the chain, as always.
 */
import { z } from 'zod';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import type { Address } from '#core/hex.ts';
import type { RequestState } from '#core/protocol/states.ts';
import type { sorts } from '#core/search/queries.ts';
import { type ReplyOf, type RouteName, routes } from '#core/search/routes.ts';
import { reasonOf, TooMuch, textOf } from './bounded.ts';

export type Listing = ReplyOf<'models'>['models'][number];
export type ModelPage = ReplyOf<'model'>;
export type Activity = ReplyOf<'activityOfModel'>;
export type NodeEntry = ReplyOf<'nodes'>['nodes'][number];
export type RequestEntry = ReplyOf<'requests'>['requests'][number];
export type RequestWorkflow = ReplyOf<'request'>;
export type Balances = ReplyOf<'balances'>;
export type Totals = ReplyOf<'totals'>;

export interface Paging {
  /** 1 to 100; default 20. */
  readonly limit?: number | undefined;
  /** `next` of the page before. */
  readonly cursor?: string | undefined;
}

export interface SearchQuery extends Paging {
  /** Words of names, description, task and tags; each must begin one. */
  readonly text?: string | undefined;
  /** Words of the task. */
  readonly task?: string | undefined;
  readonly tag?: string | undefined;
  /** An account, or a namespace. */
  readonly owner?: string | undefined;
  /** Wei of OPG: what one item may cost. Leaves out what nobody offers. */
  readonly maxPrice?: bigint | undefined;
  /** Default `requests`: most asked for first. */
  readonly sort?: (typeof sorts)[number] | undefined;
}

export interface NodesQuery extends Paging {
  /** `namespace/name`: only nodes that offer one of its versions now. */
  readonly model?: string | undefined;
  readonly version?: string | undefined;
}

export interface RequestsQuery extends Paging {
  readonly requester?: string | undefined;
  readonly node?: string | undefined;
  /** `namespace/name`. */
  readonly model?: string | undefined;
  readonly version?: string | undefined;
  readonly state?: RequestState | undefined;
}

/** Models that fit every given part of the query. */
export function search(url: string, query: SearchQuery = {}): Promise<ReplyOf<'models'>> {
  return ask(url, 'models', [], { ...query }, 'such models');
}

/** `name`: `namespace/name`. Throws `search.unknown` if there is none. */
export async function modelByName(url: string, name: string): Promise<ModelPage> {
  return ask(url, 'model', nameParts(url, name), {}, `model ${name}`);
}

export function nodes(url: string, query: NodesQuery = {}): Promise<ReplyOf<'nodes'>> {
  return ask(url, 'nodes', [], { ...query }, `model ${query.model}`);
}

/** Throws `search.unknown` for an account that never said it was a node, made an offer or took a request. */
export function nodeByAddress(url: string, account: string): Promise<ReplyOf<'node'>> {
  return ask(url, 'node', [account], {}, `node ${account}`);
}

/** Newest first. */
export function requests(url: string, query: RequestsQuery = {}): Promise<ReplyOf<'requests'>> {
  return ask(url, 'requests', [], { ...query }, `model ${query.model}`);
}

/** A request with every event about it. */
export function requestById(url: string, id: string): Promise<RequestWorkflow> {
  return ask(url, 'request', [id], {}, `request ${id}`);
}

export function balances(url: string, account: string): Promise<Balances> {
  return ask(url, 'balances', [account], {}, `account ${account}`);
}

export type Subject = { readonly model: string } | { readonly node: Address | string };

/** Requests, success rate, latency and repeat requesters of a model (`namespace/name`) or a node. */
export async function activityOf(url: string, subject: Subject): Promise<Activity> {
  return 'model' in subject
    ? ask(url, 'activityOfModel', nameParts(url, subject.model), {}, `model ${subject.model}`)
    : ask(url, 'activityOfNode', [subject.node], {}, `node ${subject.node}`);
}

export function totals(url: string): Promise<Totals> {
  return ask(url, 'totals', [], {}, 'totals');
}

/** Requests by day, the newest day first. `days`: 1 to 366; default 30. */
export function days(url: string, query: { readonly days?: number | undefined } = {}): Promise<ReplyOf<'days'>> {
  return ask(url, 'days', [], { ...query }, 'days');
}

const TIMEOUT_MS = 15_000;
/** Many times the largest page there is. */
const MOST_BYTES = 2 ** 25;

function nameParts(url: string, name: string): string[] {
  const parts = name.split('/');
  if (parts.length === 2 && parts.every((part) => part !== '')) return parts;
  throw new ProtocolError('search.refused', { url: shown(url), reason: `"${name}" is no name: write namespace/name` });
}

async function ask<R extends RouteName>(
  url: string,
  name: R,
  parts: readonly string[],
  query: Readonly<Record<string, unknown>>,
  what: string,
): Promise<ReplyOf<R>> {
  const { path, reply } = routes[name];
  const rest = [...parts];
  const filled = path.replace(/\{\w+\}/g, () => encodeURIComponent(rest.shift() ?? ''));
  const body = await answerOf(placeOf(url, filled, query), url, what);
  const parsed = reply.safeParse(body);
  if (parsed.success) return parsed.data as ReplyOf<R>;
  throw new ProtocolError('search.malformed', { url: shown(url), reason: z.prettifyError(parsed.error) });
}

interface Place {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

/** What the indexer's URL has of its own (a path, parameters, credentials) is kept: it may be behind something that asks for them. */
function placeOf(url: string, path: string, query: Readonly<Record<string, unknown>>): Place {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw new ProtocolError('search.refused', { url: shown(url), reason: 'it is no http or https URL' });
  const place = new URL(url);
  const { username, password } = place;
  const credentials = Buffer.from(`${decodeURIComponent(username)}:${decodeURIComponent(password)}`).toString('base64');
  place.username = '';
  place.password = '';
  place.pathname = `${place.pathname.replace(/\/+$/, '')}${path}`;
  for (const [key, value] of Object.entries(query)) if (value !== undefined) place.searchParams.set(key, String(value));
  return { url: place, headers: username === '' ? {} : { authorization: `Basic ${credentials}` } };
}

async function answerOf({ url: place, headers }: Place, url: string, what: string): Promise<unknown> {
  try {
    const response = await fetch(place, { headers, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const text = await textOf(response, MOST_BYTES);
    if (response.ok) return JSON.parse(text);
    const { error, message } = refusalIn(text);
    if (response.status === 404 && error === 'unknown')
      throw new ProtocolError('search.unknown', { url: shown(url), what });
    const reason = message ?? `it answered ${response.status}`;
    if (response.status === 400) throw new ProtocolError('search.refused', { url: shown(url), reason });
    if (response.status >= 500 || response.status === 429)
      throw new ProtocolError('search.unavailable', { url: shown(url), reason });
    throw new ProtocolError('search.malformed', { url: shown(url), reason });
  } catch (error) {
    if (isProtocolError(error)) throw error;
    const malformed = error instanceof SyntaxError || error instanceof TooMuch;
    const reason = error instanceof SyntaxError ? 'it is no JSON' : reasonOf(error);
    throw malformed
      ? new ProtocolError('search.malformed', { url: shown(url), reason }, { cause: error })
      : new ProtocolError('search.unavailable', { url: shown(url), reason }, { cause: error });
  }
}

function refusalIn(text: string): { readonly error?: string; readonly message?: string } {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}

/** Without credentials and parameters. */
function shown(url: string): string {
  return URL.canParse(url) ? `${new URL(url).origin}${new URL(url).pathname.replace(/\/$/, '')}` : url;
}
