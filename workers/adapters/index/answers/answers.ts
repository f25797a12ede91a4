import type { Answers } from '#ports/indexing.ts';
import type { Sql } from '#ports/sql.ts';
import type { ChainTables } from '../store.ts';
import { balances } from './balances.ts';
import { activityOfModel, model } from './model.ts';
import { models } from './models.ts';
import { activityOfNode, node, nodes } from './nodes.ts';
import { request, requests } from './requests.ts';
import { days, totals } from './totals.ts';

/** Every answer is one transaction, so that all it says is of one block. */
export function indexAnswers(sql: Sql, chainTables: ChainTables): Answers {
  const nameOf = ({ namespace, name }: { namespace?: string; name?: string }) => `${namespace}/${name}`;
  const lower = (text = '') => text.toLowerCase();
  return {
    models: (_, query) => sql.transaction((tx) => models(tx, query)),
    model: (at) => sql.transaction((tx) => model(tx, nameOf(at))),
    nodes: (_, query) => sql.transaction((tx) => nodes(tx, query)),
    node: ({ account }) => sql.transaction((tx) => node(tx, lower(account))),
    requests: (_, query) => sql.transaction((tx) => requests(tx, query)),
    request: ({ request: id }) => sql.transaction((tx) => request(tx, chainTables(tx), lower(id))),
    activityOfModel: (at) => sql.transaction((tx) => activityOfModel(tx, nameOf(at))),
    activityOfNode: ({ account }) => sql.transaction((tx) => activityOfNode(tx, lower(account))),
    balances: ({ account }) => sql.transaction((tx) => balances(tx, lower(account))),
    totals: () => sql.transaction((tx) => totals(tx)),
    days: (_, query) => sql.transaction((tx) => days(tx, query)),
  };
}
