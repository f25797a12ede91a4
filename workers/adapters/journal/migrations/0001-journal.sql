-- The journal: what the chain said, what this process does about it, what it is committed to.
-- Hashes and ids are text, 0x and lower-case hex, so that a person with psql reads what the logs say. Bytes are bytea.

-- The standing chain: one block per number. An orphaned block is deleted, with its events.
create table journal_block (
  hash        text   primary key,
  -- Unique, so that two forks cannot stand side by side; also serves "the newest" and "up to number n".
  number      bigint not null unique,
  parent_hash text   not null,
  timestamp   bigint not null
);

-- The last final block, in a table of at most one row. It may be older than every block above.
create table journal_final (
  only_row    boolean primary key default true check (only_row),
  hash        text   not null,
  number      bigint not null,
  parent_hash text   not null,
  timestamp   bigint not null
);

-- Events by (block hash, log index): the hash tells forks apart, the number would not.
create table journal_event (
  block_hash       text    not null references journal_block (hash) on delete cascade,
  log_index        integer not null,
  -- Of the block, repeated: order and finality are then decided without a join.
  block_number     bigint  not null,
  transaction_hash text    not null,
  -- Null for events about no request.
  request_id       text,
  payload          jsonb   not null,
  primary key (block_hash, log_index)
);
-- "The events of one request, in chain order."
create index journal_event_by_request on journal_event (request_id, block_number, log_index) where request_id is not null;
-- "What became final between two blocks", and retention.
create index journal_event_by_number on journal_event (block_number);

-- One piece of work per (track, id).
create table journal_row (
  track  text   not null,
  id     text   not null,
  stage  text   not null,
  facts  jsonb  not null,
  -- Unix seconds; null = not timed, sorted last.
  due_at bigint,
  primary key (track, id)
);
-- "Rows of a stage, by dueAt then id", without a sort; also counts the stages of a track.
create index journal_row_by_stage on journal_row (track, stage, due_at, id);
-- "Does anybody still work on this request?", asked by retention.
create index journal_row_by_id on journal_row (id);

-- Inserted once per request, never updated.
create table journal_result (
  request_id  text  primary key,
  output_hash text  not null,
  submission  bytea not null,
  output      bytea not null
);
