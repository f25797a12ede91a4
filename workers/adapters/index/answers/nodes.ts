import { decode } from '#core/lossless.ts';
import type { QueryOf, WrittenReply } from '#core/search/routes.ts';
import type { Transaction } from '../store.ts';
import { type ActivityColumns, activityFrom, activityOf, latencyOf } from './activity.ts';
import { asOf } from './asOf.ts';
import { offersOf } from './offers.ts';
import { page, placeIn } from './pages.ts';

type Node = WrittenReply<'nodes'>['nodes'][number];
/** Bits of a node's roles (contracts/nodes/NodeRegistry.sol). */
const ROLES = ['inference', 'verifier', 'storage', 'data'];
const ORDER = 'coalesce(-t.requests, 0)';

/** Those with most requests first. undefined = no such model. */
export async function nodes(tx: Transaction, query: QueryOf<'nodes'>): Promise<WrittenReply<'nodes'> | undefined> {
  const when = await asOf(tx);
  const conditions: string[] = [];
  const parameters: unknown[] = [when.time];
  const bind = (value: unknown) => `$${parameters.push(value)}`;
  const offering = (versions: string) =>
    conditions.push(
      `exists (select from index_offer o where o.node = n.node and o.until >= $1 and o.version ${versions})`,
    );
  if (query.version !== undefined) offering(`= ${bind(query.version)}`);
  if (query.model !== undefined) {
    const [found] = await tx.query<{ model: string }>('select model from index_model where name = $1', [query.model]);
    if (!found) return undefined;
    offering(`in (select version from index_version where model = ${bind(found.model)} and not retired)`);
  }
  if (query.cursor !== undefined) {
    const [value, node] = placeIn(query.cursor, ['bigint', 'text']);
    conditions.push(`(${ORDER}, n.node) > (${bind(value)}::bigint, ${bind(node)}::text)`);
  }
  const where = conditions.length === 0 ? '' : `where ${conditions.join(' and ')}`;
  const rows = await tx.query<NodeColumns>(
    `${SELECT} ${where} order by ${ORDER}, n.node limit ${query.limit + 1}`,
    parameters,
  );
  const { shown, next } = page(rows, query.limit, (row) => [row.place, row.node]);
  return { asOf: when, nodes: shown.map(nodeFrom), next };
}

export async function node(tx: Transaction, account: string): Promise<WrittenReply<'node'> | undefined> {
  const when = await asOf(tx);
  const [row] = await tx.query<NodeColumns>(`${SELECT} where n.node = $2`, [when.time, account]);
  if (!row) return undefined;
  const found = nodeFrom(row);
  return {
    asOf: when,
    node: found,
    offers: await offersOf(tx, 'node', account, when.time),
    activity: found.activity,
    latency: await latencyOf(tx, 'node', account),
  };
}

export async function activityOfNode(tx: Transaction, account: string): Promise<WrittenReply<'activityOfNode'>> {
  return {
    asOf: await asOf(tx),
    activity: await activityOf(tx, 'node', account),
    latency: await latencyOf(tx, 'node', account),
  };
}

interface NodeColumns {
  readonly node: string;
  readonly roles: number;
  readonly endpoint: unknown;
  readonly stake: string;
  readonly locked: string;
  readonly offers: string;
  readonly activity: ActivityColumns;
  readonly place: string;
}

const SELECT = `
select n.node, n.roles, n.endpoint, coalesce(a.stake, 0)::text as stake, coalesce(a.locked_slices, 0)::text as locked,
       (select count(*) from index_offer o where o.node = n.node and o.until >= $1) as offers,
       to_jsonb(t) as activity, (${ORDER})::text as place
  from index_node n
  left join index_account a on a.account = n.node
  left join index_activity t on t.kind = 'node' and t.subject = n.node`;

const nodeFrom = (row: NodeColumns): Node => ({
  node: row.node,
  roles: ROLES.filter((_, bit) => (row.roles >> bit) & 1),
  endpoint: decode(row.endpoint) as string,
  freeStake: row.stake,
  lockedStake: row.locked,
  offers: Number(row.offers),
  activity: activityFrom(row.activity),
});
