/** What an indexer can be asked, with the bounds of every parameter: checked by the server, typed for the client. */
import { z } from 'zod';
import { address, modelName, owner, state, versionId, wei } from './fields.ts';

/** Rows of one page. */
export const MOST_ROWS = 100;
const DEFAULT_ROWS = 20;
/** Days of one answer about days. */
export const MOST_DAYS = 366;

/** At least one letter or digit, for anything else is no word; no control characters. */
const text = (most: number) =>
  z
    .string()
    .trim()
    .max(most)
    .regex(/^[^\p{Cc}]*[\p{L}\p{N}][^\p{Cc}]*$/u);
const page = {
  limit: z.coerce.number().int().min(1).max(MOST_ROWS).default(DEFAULT_ROWS),
  /** What `next` of the page before said. */
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,400}$/)
    .optional(),
};

/** `requests`: most asked for first; `price`: cheapest first, then what nobody offers. */
export const sorts = ['requests', 'newest', 'name', 'price'] as const;

export const modelsQuery = z.strictObject({
  /** Words of names, description, task and tags; each must begin one. */
  text: text(100).optional(),
  /** Words of the task. */
  task: text(64).optional(),
  /** A tag as it is written, in any case. */
  tag: text(64).optional(),
  owner: owner.optional(),
  /** Wei of OPG: what one item may cost the requester. */
  maxPrice: wei.optional(),
  sort: z.enum(sorts).default('requests'),
  ...page,
});

export const nodesQuery = z.strictObject({
  /** Only nodes that offer a version of this model now. */
  model: modelName.optional(),
  version: versionId.optional(),
  ...page,
});

export const requestsQuery = z.strictObject({
  requester: address.optional(),
  /** The node that took it; before that the one it names. */
  node: address.optional(),
  model: modelName.optional(),
  version: versionId.optional(),
  state: state.optional(),
  ...page,
});

export const daysQuery = z.strictObject({
  days: z.coerce.number().int().min(1).max(MOST_DAYS).default(30),
});

export const noQuery = z.strictObject({});
