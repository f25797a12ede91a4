-- Wei of OPG that the effect of a transaction brings; null = it is sent at any price up to the cap.
alter table outbox_intent add column gain numeric;
