/** `opg model download`: the file of a version, from wherever it is, its sha256 checked. */
import { writeFileSync } from 'node:fs';
import { fetchModel } from '../../../fetchModel.ts';
import { versionNamed } from '../../../named.ts';
import { describeVersion } from '../../../version.ts';
import { answer } from '../../answer.ts';
import { type Command, text } from '../../command.ts';
import { NETWORK, onNetwork } from '../../context.ts';
import { located, used } from '../../files.ts';
import { waiting } from '../../progress.ts';

export const downloadCommand: Command = {
  name: 'model download',
  summary: 'Fetches the ONNX file of a version and checks its sha256.',
  positionals: ['MODEL'],
  options: { out: { type: 'string' }, ...NETWORK.options },
  explained: [['--out FILE', 'where it goes; NAME.onnx without it'], ...NETWORK.explained],
  finding: 'there is no such version, or no source has its bytes',
  async run(args, terminal) {
    const [reference = ''] = args.positionals;
    return await onNetwork(args, async (network) => {
      const version = await describeVersion(network, await versionNamed(network, reference));
      const target =
        text(args, 'out') ??
        `${reference
          .split('/')
          .at(-1)
          ?.replace(/[^a-z0-9-]/g, '-')}.onnx`;
      const bytes = await waiting(terminal, 'fetching', () => fetchModel(version));
      used(() => writeFileSync(located(target), bytes), target);
      const { sha256Hash: sha256 } = version.content;
      return answer(
        args,
        terminal,
        { version: version.version, file: target, bytes: bytes.length, sha256 },
        `${target}: ${bytes.length.toLocaleString('en-US')} bytes, sha256 ${sha256.slice(2)} as published`,
      );
    });
  },
};
