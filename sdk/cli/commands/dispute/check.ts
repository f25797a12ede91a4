/** `opg dispute check`: a bundle, checked without a network. */
import { readBundle } from '#core/challenges/bundle.ts';
import { replay } from '#core/challenges/replay.ts';
import { ProtocolError } from '#core/errors.ts';
import { replayJson } from '../../../dispute/json.ts';
import { executable } from '../../../dispute/model.ts';
import { replayTable } from '../../../dispute/table.ts';
import { type Command, EXIT, text } from '../../command.ts';
import { readBytes, readJson } from '../../files.ts';
import { agreed } from './verdict.ts';

export const checkCommand: Command = {
  name: 'dispute check',
  summary: 'Checks a bundle of a dispute, from the request down to the element, without a network.',
  positionals: ['FILE'],
  options: { model: { type: 'string' } },
  explained: [['--model FILE.onnx', 'the model, to execute it again; without it only what was opened is checked']],
  finding: 'something does not hold, or the chain has decided otherwise',
  run(args, terminal) {
    const [file = ''] = args.positionals;
    const onnx = text(args, 'model');
    const { dossier, digest, intact } = readBundle(readJson(file));
    const model = onnx === undefined ? undefined : executable(readBytes(onnx));
    if (model && model.sha256 !== dossier.version.sha256Hash)
      throw new ProtocolError('dispute.wrong_model', { got: model.sha256, expected: dossier.version.sha256Hash });
    const found = replay(dossier, model);
    const ok = intact && agreed(found);
    const seal = `digest ${digest}${intact ? '' : ', which is NOT that of the file: something was changed'}`;
    terminal.out(
      args.json
        ? `${JSON.stringify({ ok, digest, intact, ...(replayJson(found) as object) })}\n`
        : `${replayTable(found)}${seal}\n`,
    );
    return ok ? EXIT.ok : EXIT.finding;
  },
};
