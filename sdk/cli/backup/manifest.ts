/** What a backup of a node says about itself. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { UsageError } from '../command.ts';
import { used } from '../files.ts';

const FILE = 'backup.json';
export const JOURNAL = 'journal';
export const KEYS = 'keys';

const manifest = z.strictObject({
  format: z.literal(1),
  madeAt: z.iso.datetime(),
  kind: z.enum(['pglite', 'postgres']),
  /** Of PostgreSQL: the schema that was dumped. */
  schema: z.string().optional(),
  /** The newest block that the journal knew. */
  block: z.int().nullable(),
  /** Rows by stage. */
  rows: z.record(z.string(), z.int()),
  /** Results that the node is committed to. */
  results: z.int(),
  /** Every key that may have signed something: present, former, known to the outbox. */
  signers: z.array(z.string().regex(/^0x[0-9a-f]{40}$/)),
  keys: z.array(
    z.strictObject({
      /** As the configuration names it. */
      file: z.string(),
      kept: z.string().regex(/^0x[0-9a-f]{40}\.json$/),
      /** It was a plain key: it is encrypted here with a password, and is plain again when it is restored. */
      plain: z.boolean(),
    }),
  ),
});

export type Manifest = z.infer<typeof manifest>;

export const writeManifest = (folder: string, content: Manifest): void =>
  writeFileSync(path.join(folder, FILE), `${JSON.stringify(content, undefined, 2)}\n`, { mode: 0o600 });

export function readManifest(folder: string): Manifest {
  const parsed = manifest.safeParse(JSON.parse(used(() => readFileSync(path.join(folder, FILE), 'utf8'), folder)));
  if (parsed.success) return parsed.data;
  throw new UsageError(`${folder} is no backup that this release can restore: ${z.prettifyError(parsed.error)}`);
}
