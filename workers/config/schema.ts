import type { Given } from './section.ts';
import { network, signer, submission } from './sections/chain.ts';
import { faults } from './sections/faulty.ts';
import { indexer } from './sections/indexing.ts';
import { journal, process, queue } from './sections/process.ts';
import { reference } from './sections/reference.ts';
import { keeper, storage } from './sections/services.ts';
import { admission, executor, models } from './sections/serving.ts';
import { verifier } from './sections/verifying.ts';

export const sections = {
  network,
  process,
  journal,
  queue,
  signer,
  executor,
  reference,
  models,
  admission,
  submission,
  keeper,
  storage,
  verifier,
  indexer,
  faults,
};
export type SectionName = keyof typeof sections;
export type Sections = { readonly [S in SectionName]: Given<(typeof sections)[S]> };

const NODE = [
  'process',
  'network',
  'journal',
  'queue',
  'signer',
  'executor',
  'reference',
  'models',
  'admission',
  'submission',
  'keeper',
] as const;
const VERIFIER = [
  'process',
  'network',
  'journal',
  'signer',
  'executor',
  'reference',
  'models',
  'submission',
  'verifier',
] as const;

/** What each role reads. One file may hold the sections of all. */
export const roleSections = {
  node: NODE,
  keeper: ['process', 'network', 'journal', 'queue', 'signer', 'submission', 'keeper'],
  executor: ['process', 'journal', 'queue', 'executor', 'reference', 'models'],
  storage: ['process', 'storage'],
  indexer: ['process', 'network', 'journal', 'models', 'indexer'],
  monitor: ['process', 'network', 'journal', 'reference', 'models'],
  verifier: VERIFIER,
  cheat: [...NODE, 'faults'],
  liar: [...VERIFIER, 'faults'],
} as const satisfies Record<string, readonly SectionName[]>;

export type Role = keyof typeof roleSections;
