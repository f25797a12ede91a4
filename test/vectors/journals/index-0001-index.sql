-- An index as released steps up to 0001-index left it, over the blocks of journal-0001-journal.sql, with what takes the newest back. Never edited.
create table if not exists migration (
  area       text not null,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default now(),
  primary key (area, name)
);

-- What follows from the journal's events: balances, models, requests, activity. Nothing here is written but in the transaction
-- that records a block (or takes one back), so it is always exactly what the standing blocks say.
-- Ids and addresses are lower-case hex text. Amounts are wei of OPG. Times are Unix seconds of blocks.
-- Ordinals order what the chain did: block number * 2^20 + log index.

create table index_account (
  account         text    primary key,
  available       numeric not null default 0,
  stake           numeric not null default 0,
  unbonding       numeric not null default 0,
  ready_at        bigint  not null default 0,
  nonce           numeric not null default 0,
  -- Of requests that are not over: fees it pays, slices of its stake. Bonds and fees it has in disputes.
  locked_fees     numeric not null default 0,
  locked_slices   numeric not null default 0,
  locked_disputes numeric not null default 0
);

create table index_namespace (
  namespace text primary key,
  owner     text not null
);

create table index_model (
  model      bigint primary key,
  -- namespace/name; a name is never freed.
  name       text   collate "C" not null unique,
  owner      text   not null,
  created_at bigint not null
);
create index index_model_by_owner on index_model (owner);

create table index_version (
  version      text    primary key,
  model        bigint  not null,
  ordinal      bigint  not null,
  published_at bigint  not null,
  royalty      numeric not null,
  policy       text,
  retired      boolean not null default false,
  -- VersionContent, URIs, io schema and metadata as they were published (core/lossless.ts).
  content      jsonb   not null,
  texts        jsonb   not null,
  -- Of index_card; null = the metadata is no card and names none.
  card         text
);
create index index_version_by_model on index_version (model, ordinal desc);
create index index_version_by_card on index_version (card);

create table index_node (
  node     text   primary key,
  roles    integer not null default 0,
  endpoint jsonb  not null
);

create table index_offer (
  node        text    not null,
  version     text    not null,
  ordinal     bigint  not null,
  price       numeric not null,
  min_reserved integer not null,
  -- The last second; 0 = withdrawn.
  until       bigint  not null,
  primary key (node, version)
);
create index index_offer_by_version on index_offer (version, price, node);
create index index_offer_by_node on index_offer (node, ordinal desc);
create index index_offer_by_until on index_offer (until);

create table index_set (
  set        integer primary key,
  parameters jsonb   not null
);

create table index_request (
  id               text    primary key,
  -- Of Requested.
  ordinal          bigint  not null unique,
  state            text    not null,
  requester        text    not null,
  -- Who took it; before that whom it names; null = anybody.
  node             text,
  model            bigint  not null,
  version          text    not null,
  requested_block  bigint  not null,
  requested_at     bigint  not null,
  submitted_block  bigint,
  submitted_at     bigint,
  ended_at         bigint,
  disputed         boolean not null,
  -- The row of the state machine (core/lossless.ts): what the next event is reduced with.
  row              jsonb   not null
);
create index index_request_by_requester on index_request (requester, ordinal desc);
create index index_request_by_node on index_request (node, ordinal desc);
create index index_request_by_model on index_request (model, ordinal desc);
create index index_request_by_version on index_request (version, ordinal desc);
create index index_request_by_state on index_request (state, ordinal desc);
-- "The newest answered ones of a model, of a node."
create index index_request_answered_model on index_request (model, submitted_block desc) where submitted_block is not null;
create index index_request_answered_node on index_request (node, submitted_block desc) where submitted_block is not null;

-- By kind of subject ('model', 'version', 'node') and subject.
create table index_activity (
  kind              text   not null,
  subject           text   not null,
  requests          bigint not null default 0,
  open              bigint not null default 0,
  submitted         bigint not null default 0,
  final             bigint not null default 0,
  cancelled         bigint not null default 0,
  expired           bigint not null default 0,
  undelivered       bigint not null default 0,
  faulty            bigint not null default 0,
  rescued           bigint not null default 0,
  disputed          bigint not null default 0,
  requesters        bigint not null default 0,
  repeat_requesters bigint not null default 0,
  last_request_at   bigint,
  primary key (kind, subject)
);
-- "Nodes, those with most requests first."
create index index_activity_by_requests on index_activity (kind, (-requests), subject);

-- Requests of one requester to one subject.
create table index_patron (
  kind      text   not null,
  subject   text   not null,
  requester text   not null,
  requests  bigint not null,
  primary key (kind, subject, requester)
);

create table index_total (
  name  text    primary key,
  value numeric not null
);

create table index_day (
  -- Unix seconds of its beginning, UTC.
  day       bigint  primary key,
  requests  bigint  not null default 0,
  submitted bigint  not null default 0,
  final     bigint  not null default 0,
  faulty    bigint  not null default 0,
  fees      numeric not null default 0
);

-- How to take blocks back: for every row that a block changed, what it was before and after. Final blocks have no rows here.
create table index_undo (
  seq    bigserial primary key,
  block  bigint    not null,
  place  text      not null,
  -- The columns of the primary key, with commas.
  keys   text      not null,
  was    jsonb,
  became jsonb
);
create index index_undo_by_block on index_undo (block, seq);

-- The block that is being recorded is in the setting index.block; without it a write fails. 'back' while one is taken back.
create function index_remember() returns trigger language plpgsql as $$
begin
  if current_setting('index.block') <> 'back' then
    insert into index_undo (block, place, keys, was, became) values (
      current_setting('index.block')::bigint, tg_table_name, tg_argv[0],
      case when tg_op <> 'INSERT' then to_jsonb(old) end,
      case when tg_op <> 'DELETE' then to_jsonb(new) end);
  end if;
  return null;
end $$;

-- Puts back, newest change first, every row that the block changed.
create function index_take_back(taken bigint) returns void language plpgsql as $$
declare
  change record;
begin
  perform set_config('index.block', 'back', true);
  for change in select * from index_undo where block = taken order by seq desc loop
    if change.became is not null then
      execute format('delete from %1$I where (%2$s) = (select %2$s from jsonb_populate_record(null::%1$I, $1))',
        change.place, change.keys) using change.became;
    end if;
    if change.was is not null then
      execute format('insert into %1$I select * from jsonb_populate_record(null::%1$I, $1)', change.place)
        using change.was;
    end if;
  end loop;
  delete from index_undo where block = taken;
end $$;

create trigger remember after insert or update or delete on index_account
  for each row execute function index_remember('account');
create trigger remember after insert or update or delete on index_namespace
  for each row execute function index_remember('namespace');
create trigger remember after insert or update or delete on index_model
  for each row execute function index_remember('model');
create trigger remember after insert or update or delete on index_version
  for each row execute function index_remember('version');
create trigger remember after insert or update or delete on index_node
  for each row execute function index_remember('node');
create trigger remember after insert or update or delete on index_offer
  for each row execute function index_remember('node, version');
create trigger remember after insert or update or delete on index_set
  for each row execute function index_remember('set');
create trigger remember after insert or update or delete on index_request
  for each row execute function index_remember('id');
create trigger remember after insert or update or delete on index_activity
  for each row execute function index_remember('kind, subject');
create trigger remember after insert or update or delete on index_patron
  for each row execute function index_remember('kind, subject, requester');
create trigger remember after insert or update or delete on index_total
  for each row execute function index_remember('name');
create trigger remember after insert or update or delete on index_day
  for each row execute function index_remember('day');

-- Cards by what names them: sha256:<of the text> for those in metadata, else their URI. Content that a hash names does not
-- change with the chain, so no block takes it back.
create table index_card (
  id          text    primary key,
  -- inline, fetched, wanted, unverifiable or unreadable.
  state       text    not null,
  uri         text,
  sha256      text,
  task        text,
  description text,
  tags        text[]  not null default '{}',
  words       text[]  not null default '{}',
  task_words  text[]  not null default '{}',
  attempts    integer not null default 0,
  -- Unix milliseconds of the clock, not of the chain: when it is fetched, or tried again.
  due_at      bigint
);
create index index_card_wanted on index_card (due_at) where state = 'wanted';

-- What search filters and sorts by, one row per model: made from the tables above for every model that something changed about.
create table index_listing (
  model       bigint   primary key,
  name        text     collate "C" not null,
  namespace   text     not null,
  owner       text     not null,
  -- The newest in service.
  version     text,
  tags        text[]   not null,
  words       tsvector not null,
  task_words  tsvector not null,
  -- Wei per item: price and royalty of the cheapest open offer; 10^40 = none.
  net         numeric  not null,
  offers      bigint   not null,
  requests    bigint   not null
);
create index index_listing_by_words on index_listing using gin (words);
create index index_listing_by_task on index_listing using gin (task_words);
create index index_listing_by_tag on index_listing using gin (tags);
create index index_listing_by_owner on index_listing (owner);
create index index_listing_by_namespace on index_listing (namespace);
create index index_listing_by_requests on index_listing ((-requests), model);
create index index_listing_by_name on index_listing (name, model);
create index index_listing_by_price on index_listing (net, model);

select set_config('index.block', 'back', false);
insert into index_account (account, available, stake, nonce) values ('0x7777777777777777777777777777777777777777', 340282366920938463463374607431768211455, 5, 2);
insert into index_model (model, name, owner, created_at) values (1, 'acme/digits', '0x7777777777777777777777777777777777777777', 1700000000);
insert into index_undo (block, place, keys, was, became) values
  (11, 'index_account', 'account', '{"account": "0x7777777777777777777777777777777777777777", "available": 40, "stake": 5, "unbonding": 0, "ready_at": 0, "nonce": 2, "locked_fees": 0, "locked_slices": 0, "locked_disputes": 0}', '{"account": "0x7777777777777777777777777777777777777777", "available": 340282366920938463463374607431768211455, "stake": 5, "unbonding": 0, "ready_at": 0, "nonce": 2, "locked_fees": 0, "locked_slices": 0, "locked_disputes": 0}'),
  (11, 'index_model', 'model', null, '{"model": 1, "name": "acme/digits", "owner": "0x7777777777777777777777777777777777777777", "created_at": 1700000000}');
insert into migration (area, name, checksum) values ('index', '0001-index', '82fdfdc515822103');
