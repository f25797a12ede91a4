import { expect } from 'chai';
import { ZERO_BYTES32 } from '#core/hex.ts';
import type { EventNamed } from '#core/protocol/events.ts';
import { toModelId, toVersionId } from '#core/protocol/ids.ts';
import { memoryJournal } from '../../../workers/adapters/memory/journal.ts';
import { versionKeeper, versionOf } from '../../../workers/watcher/versions.ts';
import { block, head, word } from '../../support/proving.ts';
import { inputSchema, outputSchema, schemaJson, version } from '../../support/serving.ts';
import { recordedLog } from '../../support/telemetry.ts';

const published: EventNamed<'VersionPublished'> = {
  type: 'VersionPublished',
  model: toModelId(7),
  version: toVersionId(word(500)),
  content: {
    sha256Hash: `0x${version.sha256}` as typeof ZERO_BYTES32,
    size: 100n,
    inputSchema,
    outputSchema,
    programRoot: ZERO_BYTES32,
    atol: 0,
    rtol: 0,
    outputBytes: 8,
    cost: 0,
    sliceFloorGwei: 0n,
    exact: false,
    rows: false,
    licenceHash: ZERO_BYTES32,
  },
  royalty: 0n,
  uris: ['file:model.onnx'],
  schema: schemaJson,
  metadata: '{}',
};

describe('a version that was published', () => {
  async function kept(change: Partial<typeof published> = {}) {
    const [journal, log] = [memoryJournal(), recordedLog()];
    const event = { ...published, ...change };
    await versionKeeper(journal, log).noticed?.([{ event, block, transactionHash: word(1), logIndex: 0 }], head);
    return { known: await versionOf(journal, event.version), told: log.lines.map(({ message }) => message) };
  }

  it('is known by what its event says', async () => {
    expect((await kept()).known).to.deep.equal(version);
  });

  it('is not known where the card is not what the registry has, or cannot be read', async () => {
    const { content } = published;
    for (const change of [
      { content: { ...content, outputSchema: inputSchema, inputSchema: ZERO_BYTES32 } },
      { content: { ...content, rows: true } },
    ])
      expect(await kept(change)).to.deep.equal({
        known: undefined,
        told: ['a version has another schema than it says'],
      });
    expect(await kept({ schema: '{' })).to.deep.equal({
      known: undefined,
      told: ['a version has a schema nobody can read'],
    });
  });
});
