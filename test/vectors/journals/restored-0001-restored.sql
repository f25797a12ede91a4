-- The mark of a journal that is a copy, as released steps up to 0001-restored left it. Never edited.
create table if not exists migration (
  area       text not null,
  name       text not null,
  checksum   text not null,
  applied_at timestamptz not null default now(),
  primary key (area, name)
);

-- One row at most: this journal was restored from a copy. Addresses are text, 0x and lower-case hex.
create table restored (
  one         boolean primary key default true check (one),
  -- Unix seconds.
  restored_at bigint  not null,
  since_block bigint,
  suspects    text[]  not null,
  released    boolean not null
);

insert into restored (restored_at, since_block, suspects, released) values (1700000200, 11, '{0x5555555555555555555555555555555555555555}', false);
insert into migration (area, name, checksum) values ('restored', '0001-restored', 'ddbfed98a4ab5165');
