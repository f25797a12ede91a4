/** Every path an indexer serves: one table for the server, the client and the OpenAPI document. */
import type { z } from 'zod';
import { daysQuery, modelsQuery, nodesQuery, noQuery, requestsQuery } from './queries.ts';
import {
  activityReply,
  balancesReply,
  daysReply,
  modelReply,
  modelsReply,
  nodeReply,
  nodesReply,
  requestReply,
  requestsReply,
  totalsReply,
} from './replies.ts';

export interface Route {
  /** Names in braces are parameters; the patterns of their values are in `parameters`. */
  readonly path: string;
  readonly about: string;
  readonly query: z.ZodType;
  readonly reply: z.ZodType;
}

/** What a parameter of a path may be. */
export const parameters = {
  namespace: /^[a-z0-9-]{1,64}$/,
  name: /^[a-z0-9-]{1,64}$/,
  account: /^0x[0-9a-fA-F]{40}$/,
  request: /^0x[0-9a-fA-F]{64}$/,
} as const;
export type Parameter = keyof typeof parameters;

export const routes = {
  models: {
    path: '/v1/models',
    about: 'Models by words, task, tag, owner and price, with what they cost and how they are used',
    query: modelsQuery,
    reply: modelsReply,
  },
  model: {
    path: '/v1/models/{namespace}/{name}',
    about: 'One model: its versions, open offers and activity',
    query: noQuery,
    reply: modelReply,
  },
  nodes: { path: '/v1/nodes', about: 'Nodes, those with most requests first', query: nodesQuery, reply: nodesReply },
  node: {
    path: '/v1/nodes/{account}',
    about: 'One node: its open offers and activity',
    query: noQuery,
    reply: nodeReply,
  },
  requests: { path: '/v1/requests', about: 'Requests, newest first', query: requestsQuery, reply: requestsReply },
  request: {
    path: '/v1/requests/{request}',
    about: 'One request and every event about it',
    query: noQuery,
    reply: requestReply,
  },
  activityOfModel: {
    path: '/v1/activity/models/{namespace}/{name}',
    about: 'How a model is used',
    query: noQuery,
    reply: activityReply,
  },
  activityOfNode: {
    path: '/v1/activity/nodes/{account}',
    about: 'What a node does',
    query: noQuery,
    reply: activityReply,
  },
  balances: {
    path: '/v1/balances/{account}',
    about: 'What an account has free, locked and to claim',
    query: noQuery,
    reply: balancesReply,
  },
  totals: { path: '/v1/totals', about: 'Everything together', query: noQuery, reply: totalsReply },
  days: { path: '/v1/days', about: 'Requests by day', query: daysQuery, reply: daysReply },
} as const satisfies Record<string, Route>;

export type RouteName = keyof typeof routes;
export type QueryOf<R extends RouteName> = z.output<(typeof routes)[R]['query']>;
/** As it travels: amounts are text. */
export type WrittenReply<R extends RouteName> = z.input<(typeof routes)[R]['reply']>;
/** As the client gives it: amounts are bigint. */
export type ReplyOf<R extends RouteName> = z.output<(typeof routes)[R]['reply']>;
