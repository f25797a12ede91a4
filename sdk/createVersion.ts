/** From an ONNX file to a version that can be asked and disputed: stored, measured, published. */
import { ProtocolError } from '#core/errors.ts';
import type { NamedTensors } from '#core/protocol/rows.ts';
import type { Account } from './network.ts';
import { type Publication, type Published, publish } from './publish.ts';
import type { AssessOptions } from './publishing/assess.ts';
import type { Assessment } from './publishing/assessment.ts';
import { type Store, upload } from './upload.ts';

export interface NewVersion extends Omit<Publication, 'uris' | 'assessment'> {
  /** Where the file is put; its addresses follow `uris`. */
  readonly stores?: readonly Store[];
  /** Where it is already. */
  readonly uris?: readonly string[];
  /** What the tolerance is measured with (publishing.md); without any, inputs are made up. */
  readonly samples?: readonly NamedTensors[];
  readonly generate?: AssessOptions['generate'];
  /** Called before each of the three stages. */
  readonly onStage?: (stage: 'assessing' | 'uploading' | 'publishing') => void;
}

export interface CreatedVersion extends Published {
  readonly assessment: Assessment;
  readonly uris: readonly string[];
}

/** Throws `publish.refused` if no tolerance serves the model and `exact` was not asked for; then nothing was uploaded or sent. */
export async function createVersion(account: Account, version: NewVersion): Promise<CreatedVersion> {
  const { stores = [], uris: known = [], samples = [], generate, onStage = () => {}, ...publication } = version;
  const { onnx, card, exact = false } = publication;
  if (stores.length + known.length === 0)
    throw new ProtocolError('publish.refused', { reason: 'it names no place where nodes can fetch the file' });
  onStage('assessing');
  // ONNX Runtime is loaded by those who publish only.
  const { assess } = await import('./publishing/assess.ts');
  const assessment = await assess(onnx, card, { samples, ...(generate === undefined ? {} : { generate }) });
  if (!exact && assessment.tolerance === undefined && publication.tolerance === undefined)
    throw new ProtocolError('publish.refused', { reason: assessment.refusals.join(' ') });
  onStage('uploading');
  const uris = [...known];
  for (const store of stores) uris.push(await upload(store, onnx));
  onStage('publishing');
  return { ...(await publish(account, { ...publication, uris, assessment })), assessment, uris };
}
