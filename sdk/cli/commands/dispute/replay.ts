/** `opg dispute replay`: a dispute once more, from chain data. */
import { writeFileSync } from 'node:fs';
import { readBundle } from '#core/challenges/bundle.ts';
import { replay } from '#core/challenges/replay.ts';
import { isProtocolError, ProtocolError } from '#core/errors.ts';
import { toHex } from '#core/hex.ts';
import { toRequestId } from '#core/protocol/ids.ts';
import { collect } from '../../../dispute/collect.ts';
import { replayJson } from '../../../dispute/json.ts';
import { executable } from '../../../dispute/model.ts';
import { replayTable } from '../../../dispute/table.ts';
import { fetchModel } from '../../../fetchModel.ts';
import type { Version } from '../../../version.ts';
import { amount, type Command, EXIT, text, UsageError } from '../../command.ts';
import { NETWORK, onNetwork } from '../../context.ts';
import { located, readBytes, used } from '../../files.ts';
import { agreed } from './verdict.ts';

export const replayCommand: Command = {
  name: 'dispute replay',
  summary: 'Replays the disputes over a request from chain data, with the numbers behind each move.',
  positionals: ['REQUEST'],
  options: {
    ...NETWORK.options,
    model: { type: 'string' },
    input: { type: 'string' },
    block: { type: 'string' },
    bundle: { type: 'string' },
  },
  explained: [
    ['--model FILE.onnx', "the model; without it, it is fetched from the version's sources"],
    ['--input FILE', 'canonical bytes of an input that is not on chain'],
    ['--block N', 'the first block to look in; the first one of the deployment without it'],
    ['--bundle FILE', 'where to write the dispute for dispute check; nowhere without it'],
    ...NETWORK.explained,
  ],
  finding: 'the chain has decided otherwise, something does not hold, or there is nothing to replay',
  async run(args, terminal) {
    const [request = ''] = args.positionals;
    if (!/^0x[0-9a-f]{64}$/i.test(request)) throw new UsageError(`REQUEST is 0x and 64 hex digits, not "${request}"`);
    const [input, block, target] = [text(args, 'input'), amount(args, 'block'), text(args, 'bundle')];
    return await onNetwork(args, async (network) => {
      const { version, bundle } = await collect(network, toRequestId(request), {
        ...(block === undefined ? {} : { block }),
        ...(input === undefined ? {} : { input: toHex(readBytes(input)) }),
      });
      const onnx = await modelOf(version, text(args, 'model'), terminal.err);
      const model = onnx && executable(onnx);
      if (model && model.sha256 !== version.content.sha256Hash)
        throw new ProtocolError('dispute.wrong_model', { got: model.sha256, expected: version.content.sha256Hash });
      const sealed = bundle(model);
      const { dossier, digest } = readBundle(sealed);
      const found = replay(dossier, model);
      if (target !== undefined)
        used(() => writeFileSync(located(target), `${JSON.stringify(sealed, undefined, 1)}\n`), target);
      const ok = agreed(found);
      terminal.out(
        args.json
          ? `${JSON.stringify({ ok, digest, ...(replayJson(found) as object) })}\n`
          : `${replayTable(found)}${target === undefined ? '' : `bundle written to ${target}, digest ${digest}\n`}`,
      );
      return ok ? EXIT.ok : EXIT.finding;
    });
  },
};

/** A model that cannot be fetched is a pity, not an end: what the chain knows is replayed without it. */
async function modelOf(
  version: Version,
  file: string | undefined,
  warn: (text: string) => void,
): Promise<Uint8Array | undefined> {
  if (file !== undefined) return readBytes(file);
  try {
    return await fetchModel(version);
  } catch (error) {
    if (!isProtocolError(error, 'dispute.no_model')) throw error;
    warn(`${error.message}\n`);
    return undefined;
  }
}
