import { encode } from '#core/lossless.ts';
import { wordsOf } from '#core/search/words.ts';
import type { BlockRef } from '#ports/chain.ts';
import type { CardEntry, Changes, PublishedVersion } from '#ports/indexing.ts';
import { put } from './save.ts';
import type { Transaction } from './store.ts';

/** Characters of a published text that are kept beside the event, which has all. */
const LONGEST_TEXT = 65_536;
const MOST_WORDS = 256;

/** Writes what is new of names, models, versions, nodes, offers and parameter sets; gives the number of new nodes. */
export async function saveRegistered(tx: Transaction, block: BlockRef, changes: Changes): Promise<number> {
  const { namespaces, models, owners, versions, versionChanges, nodes, actingNodes, offers, sets } = changes;
  await put(
    tx,
    NAMESPACES,
    [...namespaces].map(([namespace, owner]) => ({ namespace, owner })),
  );
  await put(
    tx,
    MODELS,
    models.map((model) => ({ ...model, created_at: block.timestamp })),
  );
  await put(
    tx,
    OWNERS,
    [...owners].map(([model, owner]) => ({ model, owner })),
  );
  for (const { card } of versions) if (card) await keepCard(tx, card);
  await put(
    tx,
    VERSIONS,
    versions.map((version) => columnsOf(version, block)),
  );
  await put(
    tx,
    VERSION_CHANGES,
    [...versionChanges].map(([version, { royalty, policy, retired }]) => ({
      version,
      royalty,
      policy,
      policy_set: policy !== undefined,
      retired: retired ?? false,
    })),
  );
  await put(
    tx,
    OFFERS,
    offers.map(({ minReserved: min_reserved, ...offer }) => ({ ...offer, min_reserved })),
  );
  await put(
    tx,
    SETS,
    [...sets].map(([set, parameters]) => ({ set, parameters: JSON.parse(encode(parameters)) })),
  );
  const said = [...nodes].map(([node, { roles, endpoint }]) => ({
    node,
    roles,
    endpoint: JSON.parse(encode(endpoint)),
  }));
  const fresh = await put<{ fresh: boolean }>(tx, NODES, said);
  const acting = [...actingNodes].map((node) => ({ node, roles: 0, endpoint: '' }));
  const others = await put(tx, ACTING, acting);
  return fresh.filter((row) => row.fresh).length + others.length;
}

/** What a hash names never changes: a card that is known stays as it is. */
export async function keepCard(tx: Transaction, { id, state, uri, sha256, card }: CardEntry): Promise<void> {
  const task = card?.task ?? null;
  const texts = [task, card?.description, ...(card?.tags ?? [])].join(' ');
  await tx.query(CARD, [
    id,
    state,
    uri ?? null,
    sha256 ?? null,
    task,
    card?.description ?? null,
    [...(card?.tags ?? [])],
    wordsOf(texts, MOST_WORDS),
    wordsOf(task ?? '', MOST_WORDS),
  ]);
}

function columnsOf({ version, model, ordinal, royalty, content, card, ...texts }: PublishedVersion, block: BlockRef) {
  const kept = (text: string) => (text.length > LONGEST_TEXT ? null : text);
  const { uris, schema, metadata } = texts;
  return {
    ...{ version, model, ordinal, royalty, card: card?.id ?? null, published_at: block.timestamp },
    content: JSON.parse(encode(content)),
    texts: JSON.parse(encode({ uris, schema: kept(schema), metadata: kept(metadata) })),
  };
}

const NAMESPACES = `
insert into index_namespace select namespace, owner from jsonb_populate_recordset(null::index_namespace, $1::jsonb)
on conflict (namespace) do update set owner = excluded.owner`;

const MODELS = `
insert into index_model select model, name, owner, created_at from jsonb_populate_recordset(null::index_model, $1::jsonb)`;

const OWNERS = `
update index_model m set owner = c.owner
  from jsonb_to_recordset($1::jsonb) as c (model bigint, owner text)
 where m.model = c.model and m.owner <> c.owner`;

const VERSIONS = `
insert into index_version (version, model, ordinal, published_at, royalty, content, texts, card)
select version, model, ordinal, published_at, royalty, content, texts, card
  from jsonb_populate_recordset(null::index_version, $1::jsonb)`;

const VERSION_CHANGES = `
update index_version v
   set royalty = coalesce(c.royalty, v.royalty),
       policy  = case when c.policy_set then c.policy else v.policy end,
       retired = v.retired or c.retired
  from jsonb_to_recordset($1::jsonb) as c (version text, royalty numeric, policy text, policy_set boolean, retired boolean)
 where v.version = c.version`;

const OFFERS = `
insert into index_offer (node, version, ordinal, price, min_reserved, until)
select node, version, ordinal, price, min_reserved, until from jsonb_populate_recordset(null::index_offer, $1::jsonb)
on conflict (node, version) do update
   set ordinal = excluded.ordinal, price = excluded.price, min_reserved = excluded.min_reserved, until = excluded.until`;

const SETS = `
insert into index_set select set, parameters from jsonb_populate_recordset(null::index_set, $1::jsonb)`;

const NODES = `
insert into index_node select node, roles, endpoint from jsonb_populate_recordset(null::index_node, $1::jsonb)
on conflict (node) do update set roles = excluded.roles, endpoint = excluded.endpoint
returning (xmax = 0) as fresh`;

const ACTING = `
insert into index_node select node, roles, endpoint from jsonb_populate_recordset(null::index_node, $1::jsonb)
on conflict (node) do nothing returning node`;

const CARD = `
insert into index_card (id, state, uri, sha256, task, description, tags, words, task_words, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $2 = 'wanted' then 0 end)
on conflict (id) do update
   set state = excluded.state, task = excluded.task, description = excluded.description, tags = excluded.tags,
       words = excluded.words, task_words = excluded.task_words, due_at = null
 where index_card.state = 'wanted' and excluded.state <> 'wanted'`;
