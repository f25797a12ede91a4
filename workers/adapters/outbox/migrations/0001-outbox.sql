-- The outbox: transactions this process means to send, is sending, or has sent.
-- Hashes, addresses and calldata are text, 0x and lower-case hex, as in the journal.

create table outbox_intent (
  -- What for; the same effect is planned once.
  purpose    text   primary key,
  -- Order of planning.
  seq        bigint generated always as identity,
  sender     text   not null,
  target     text   not null,
  calldata   text   not null,
  -- Unix seconds.
  expires_at bigint,
  status     text   not null default 'planned'
             check (status in ('planned', 'signed', 'mined', 'settled', 'reverted', 'abandoned')),
  nonce      bigint,
  reason     text
);
-- "What is open for this key, in order of planning": settled rows pile up and must not be read.
create index outbox_intent_open on outbox_intent (sender, seq) where status in ('planned', 'signed', 'mined');
-- Two intents of one key never share a nonce.
create unique index outbox_intent_nonce on outbox_intent (sender, nonce) where nonce is not null;

-- Signed bytes, stored before they are broadcast. All attempts of an intent share its nonce.
create table outbox_attempt (
  purpose      text    not null references outbox_intent (purpose) on delete cascade,
  ordinal      integer not null,
  kind         text    not null check (kind in ('call', 'cancel')),
  raw          text    not null,
  hash         text    not null,
  gas_limit    numeric not null,
  max_fee      numeric not null,
  max_priority numeric not null,
  -- Unix milliseconds.
  signed_at    bigint  not null,
  primary key (purpose, ordinal)
);

-- The next nonce of each key, never moved back: reopened intents free their row's nonce, the chain does not.
create table outbox_nonce (
  sender text   primary key,
  next   bigint not null
);
