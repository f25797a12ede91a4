/** `opg model publish`: stores a file, measures it, and publishes it as a version. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { createVersion } from '../../../createVersion.ts';
import { modelNamed } from '../../../named.ts';
import type { ModelCard } from '../../../publish.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { amount, type Command, text, texts, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount, chosenNetwork } from '../../context.ts';
import { loadVector, located, readBytes, readJson, vectorNames } from '../../files.ts';
import { secretLine } from '../../keystore.ts';
import { opg, shown } from '../../money.ts';
import { waiting } from '../../progress.ts';

const STAGES = {
  assessing: 'compiling, running and fitting the tolerance',
  uploading: 'uploading',
  publishing: 'publishing',
} as const;

export const publishCommand: Command = {
  name: 'model publish',
  summary: 'Stores an ONNX file, fits its tolerance, and publishes it as the next version of a model.',
  positionals: ['NAMESPACE/NAME', 'FILE.onnx'],
  options: {
    card: { type: 'string' },
    vectors: { type: 'string' },
    generate: { type: 'string' },
    royalty: { type: 'string' },
    exact: { type: 'boolean' },
    licence: { type: 'string' },
    store: { type: 'string', multiple: true },
    uri: { type: 'string', multiple: true },
    'store-token-file': { type: 'string' },
    ...ACCOUNT.options,
  },
  explained: [
    ['--card FILE', 'name, task, tags, inputs and outputs; card.json beside the file without it'],
    ['--vectors DIR', 'inputs to measure with; the folder vectors beside the file'],
    ['--generate N', 'inputs to make up besides; without vectors 64, else none'],
    ['--royalty OPG', 'what an item earns you; 0 without it'],
    ['--exact', 'results are the reference’s own bits: slower for nodes, no tolerance'],
    ['--licence FILE', 'its sha256 goes into the version'],
    ['--store URL', 'where the file is put; may be repeated; the store of the network without it'],
    ['--uri URI', 'where the file is already; may be repeated'],
    ['--store-token-file FILE', 'the bearer token of the store, for one that asks for it'],
    ...ACCOUNT.explained,
  ],
  finding: 'no tolerance serves the model, a store did not take it, or the chain refused it',
  async run(args, terminal) {
    const [reference = '', file = ''] = args.positionals;
    const beside = (name: string) => path.join(path.dirname(file), name);
    const onnx = readBytes(file);
    const card = readJson(text(args, 'card') ?? beside('card.json')) as ModelCard;
    const folder = text(args, 'vectors') ?? (existsSync(located(beside('vectors'))) ? beside('vectors') : undefined);
    const samples = folder === undefined ? [] : vectorNames(folder).map((name) => loadVector(name).inputs);
    const generate = amount(args, 'generate');
    const royalty = opg(text(args, 'royalty') ?? '0', '--royalty');
    const licence = text(args, 'licence');
    const uris = texts(args, 'uri');
    const stores = storesOf(args, uris.length === 0);
    return await asAccount(args, terminal, async (account) => {
      const { model } = await modelNamed(account, reference);
      let stage: keyof typeof STAGES = 'assessing';
      terminal.err(`${STAGES.assessing}: ${samples.length} vectors given\n`);
      const work = () =>
        createVersion(account, {
          model,
          onnx,
          card,
          royalty,
          exact: args.values['exact'] === true,
          uris,
          stores,
          samples,
          ...(generate === undefined ? {} : { generate }),
          ...(licence === undefined ? {} : { licence: new TextDecoder().decode(readBytes(licence)) }),
          onStage: (next) => {
            if (next !== stage) terminal.err(`${STAGES[next]}\n`);
            stage = next;
          },
        });
      const done = await waiting(terminal, 'working', work);
      const { version, content, assessment } = done;
      return answer(
        args,
        terminal,
        {
          name: reference,
          version,
          sha256: content.sha256Hash,
          programRoot: content.programRoot,
          multiplyAdds: String(assessment.multiplyAdds),
          uris: [...done.uris],
          ...sent(done),
        },
        [
          ['published', reference],
          ['version', version],
          ['sha256', content.sha256Hash],
          ['program root', content.programRoot],
          ['multiply-adds', assessment.multiplyAdds.toLocaleString('en-US')],
          ['royalty', `${shown(royalty)} OPG an item`],
          ...done.uris.map((uri) => ['source', uri]),
          ...sentRows(done),
        ],
      );
    });
  },
};

function storesOf(args: Parameters<Command['run']>[0], needed: boolean) {
  const given = texts(args, 'store');
  const saved = given.length > 0 ? undefined : chosenNetwork(args).store;
  const urls = given.length > 0 ? given : saved === undefined ? [] : [saved];
  if (urls.length === 0 && needed)
    throw new UsageError('no store is named: give --store URL, or --uri URI for a file that is somewhere already');
  const token = text(args, 'store-token-file');
  const secret = token === undefined ? {} : { token: secretLine(token) };
  return urls.map((url) => ({ url, ...secret }));
}
