-- Unix seconds from which a transaction is replaced at every block; null = as the configuration says.
alter table outbox_intent add column urgent_at bigint;
