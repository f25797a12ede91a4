/** The values an indexer's JSON consists of: how each is written, and what a reader gets of it. */
import { z } from 'zod';
import type { Address, Bytes32 } from '../hex.ts';
import type { ModelId, RequestId, VersionId } from '../protocol/ids.ts';

/** Amounts are decimal text, for JSON numbers would round them; wei of OPG. */
export const wei = z
  .string()
  .regex(/^\d{1,78}$/)
  .meta({ id: 'Wei', description: 'Wei of OPG, or another integer of any size, as decimal text' })
  .transform(BigInt);
/** Unix seconds, counts, block numbers. */
export const count = z.int().nonnegative().meta({ id: 'Count' });
/** From 0 to 1. */
export const share = z.number().min(0).max(1);

export const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{40}$/)
  .meta({ id: 'Address' })
  .transform((text) => text.toLowerCase() as Address);
const word = z
  .string()
  .regex(/^0x[0-9a-fA-F]{64}$/)
  .meta({ id: 'Word' });
export const hash = word.transform((text) => text.toLowerCase() as Bytes32);
export const versionId = word.transform((text) => text.toLowerCase() as VersionId);
export const requestId = word.transform((text) => text.toLowerCase() as RequestId);
export const modelId = z
  .int()
  .positive()
  .max(2 ** 48 - 1)
  .transform((value) => value as ModelId);

/** What a namespace or the name of a model may be (contracts/models/ModelNames.sol). */
const NAME = '[a-z0-9-]{1,64}';
/** `namespace/name`. */
export const modelName = z.string().regex(new RegExp(`^${NAME}/${NAME}$`));
/** An account, or a namespace. */
export const owner = z.string().regex(new RegExp(`^(0x[0-9a-fA-F]{40}|${NAME})$`));

export const states = [
  'Requested',
  'Declined',
  'Accepted',
  'Submitted',
  'Frozen',
  'Final',
  'Cancelled',
  'Expired',
  'Undelivered',
  'Faulty',
  'Rescued',
] as const;
export const state = z.enum(states).meta({ id: 'State' });
