-- One row at most: this journal was restored from a copy. Addresses are text, 0x and lower-case hex.
create table restored (
  one         boolean primary key default true check (one),
  -- Unix seconds.
  restored_at bigint  not null,
  since_block bigint,
  suspects    text[]  not null,
  released    boolean not null
);
