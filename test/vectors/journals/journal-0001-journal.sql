-- A journal as the first released step left it, with what a node had written. Never edited: databases like it are out there.
create table if not exists migration (
  area       text not null,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default now(),
  primary key (area, name)
);

create table journal_block (
  hash        text   primary key,
  number      bigint not null unique,
  parent_hash text   not null,
  timestamp   bigint not null
);

create table journal_final (
  only_row    boolean primary key default true check (only_row),
  hash        text   not null,
  number      bigint not null,
  parent_hash text   not null,
  timestamp   bigint not null
);

create table journal_event (
  block_hash       text    not null references journal_block (hash) on delete cascade,
  log_index        integer not null,
  block_number     bigint  not null,
  transaction_hash text    not null,
  request_id       text,
  payload          jsonb   not null,
  primary key (block_hash, log_index)
);
create index journal_event_by_request on journal_event (request_id, block_number, log_index) where request_id is not null;
create index journal_event_by_number on journal_event (block_number);

create table journal_row (
  track  text   not null,
  id     text   not null,
  stage  text   not null,
  facts  jsonb  not null,
  due_at bigint,
  primary key (track, id)
);
create index journal_row_by_stage on journal_row (track, stage, due_at, id);
create index journal_row_by_id on journal_row (id);

create table journal_result (
  request_id  text  primary key,
  output_hash text  not null,
  submission  bytea not null,
  output      bytea not null
);

insert into journal_block (hash, number, parent_hash, timestamp) values
  ('0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 10, '0x9999999999999999999999999999999999999999999999999999999999999999', 1700000000),
  ('0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 11, '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1700000012);
insert into journal_final (hash, number, parent_hash, timestamp) values ('0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 10, '0x9999999999999999999999999999999999999999999999999999999999999999', 1700000000);
insert into journal_event (block_hash, log_index, block_number, transaction_hash, request_id, payload) values
  ('0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 3, 10, '0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', '0x1111111111111111111111111111111111111111111111111111111111111111', '{"type": "Expired", "id": "0x1111111111111111111111111111111111111111111111111111111111111111"}'),
  ('0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 0, 11, '0xdddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd', null, '{"type": "Unpaused"}');
insert into journal_row (track, id, stage, facts, due_at) values
  ('serve', '0x1111111111111111111111111111111111111111111111111111111111111111', 'expired', '{"reason": "the deadline passed", "fee": {"$bigint": "1000000000000000000"}}', null),
  ('serve', '0x2222222222222222222222222222222222222222222222222222222222222222', 'submitting', '{"attempts": 1, "intent": "submit:0x2222222222222222222222222222222222222222222222222222222222222222/0"}', 1700000600);
insert into journal_result (request_id, output_hash, submission, output) values
  ('0x2222222222222222222222222222222222222222222222222222222222222222', '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', '\x00ff10', '\x00ff10ab');
insert into migration (area, name, checksum) values
  ('journal', '0001-journal', 'fe0f1833b2ac8aaa');
