-- An outbox as released steps up to 0003-gain left it, with transactions in every state that can be open. Never edited.
create table if not exists migration (
  area       text not null,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default now(),
  primary key (area, name)
);

create table outbox_intent (
  purpose    text   primary key,
  seq        bigint generated always as identity,
  sender     text   not null,
  target     text   not null,
  calldata   text   not null,
  expires_at bigint,
  status     text   not null default 'planned'
             check (status in ('planned', 'signed', 'mined', 'settled', 'reverted', 'abandoned')),
  nonce      bigint,
  reason     text
);
create index outbox_intent_open on outbox_intent (sender, seq) where status in ('planned', 'signed', 'mined');
create unique index outbox_intent_nonce on outbox_intent (sender, nonce) where nonce is not null;

create table outbox_attempt (
  purpose      text    not null references outbox_intent (purpose) on delete cascade,
  ordinal      integer not null,
  kind         text    not null check (kind in ('call', 'cancel')),
  raw          text    not null,
  hash         text    not null,
  gas_limit    numeric not null,
  max_fee      numeric not null,
  max_priority numeric not null,
  signed_at    bigint  not null,
  primary key (purpose, ordinal)
);

create table outbox_nonce (
  sender text   primary key,
  next   bigint not null
);
alter table outbox_intent add column urgent_at bigint;
alter table outbox_intent add column gain numeric;

insert into outbox_intent (purpose, sender, target, calldata, expires_at, status, nonce, reason, urgent_at, gain) values
  ('accept:0x1111111111111111111111111111111111111111111111111111111111111111', '0x5555555555555555555555555555555555555555', '0x6666666666666666666666666666666666666666', '0x01', 1700000100, 'settled', 4, null, null, null),
  ('submit:0x2222222222222222222222222222222222222222222222222222222222222222/0', '0x5555555555555555555555555555555555555555', '0x6666666666666666666666666666666666666666', '0x0203', 1700000600, 'signed', 5, null, 1700000590, 2000000000000000000),
  ('finalise:0x3333333333333333333333333333333333333333333333333333333333333333/0', '0x5555555555555555555555555555555555555555', '0x6666666666666666666666666666666666666666', '0x04', null, 'planned', 6, null, null, null),
  ('expire:0x4444444444444444444444444444444444444444444444444444444444444444/0', '0x5555555555555555555555555555555555555555', '0x6666666666666666666666666666666666666666', '0x05', null, 'planned', null, 'Requests_NotCurrent', null, null);
insert into outbox_attempt (purpose, ordinal, kind, raw, hash, gas_limit, max_fee, max_priority, signed_at) values
  ('accept:0x1111111111111111111111111111111111111111111111111111111111111111', 0, 'call', '0xaa', '0xaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 100000, 2000000000, 1000000000, 1700000000000),
  ('submit:0x2222222222222222222222222222222222222222222222222222222222222222/0', 0, 'call', '0xbb', '0xbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 250000, 2000000000, 1000000000, 1700000001000),
  ('submit:0x2222222222222222222222222222222222222222222222222222222222222222/0', 1, 'call', '0xcc', '0xcccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc', 250000, 340282366920938463463374607431768211455, 1250000000, 1700000002000);
insert into outbox_nonce (sender, next) values ('0x5555555555555555555555555555555555555555', 7);
insert into migration (area, name, checksum) values
  ('outbox', '0001-outbox', '5f482b136e788b68'),
  ('outbox', '0002-urgency', '4a2ddfa376e62fde'),
  ('outbox', '0003-gain', '81dab4f6c53ad14b');
