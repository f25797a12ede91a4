/** `opg model create`: a name, and the token that owns it. */
import { createModel } from '../../../createModel.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { type Command, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { waiting } from '../../progress.ts';

export const createModelCommand: Command = {
  name: 'model create',
  summary: 'Registers a model; the first one of a namespace claims it.',
  positionals: ['NAMESPACE/NAME'],
  options: ACCOUNT.options,
  explained: ACCOUNT.explained,
  finding: 'the namespace is somebody else’s, the name is taken, or the chain did not answer',
  async run(args, terminal) {
    const [namespace, name] = twoNames(args.positionals[0] ?? '');
    return await asAccount(args, terminal, async (account) => {
      const done = await waiting(terminal, 'waiting for the block', () => createModel(account, namespace, name));
      return answer(
        args,
        terminal,
        { name: `${namespace}/${name}`, model: done.model, owner: account.address, ...sent(done) },
        [['model', `${namespace}/${name}, number ${done.model}`], ['owner', account.address], ...sentRows(done)],
      );
    });
  },
};

export function twoNames(reference: string): readonly [namespace: string, name: string] {
  const [, namespace, name] = /^([a-z0-9-]{1,64})\/([a-z0-9-]{1,64})$/.exec(reference) ?? [];
  if (namespace === undefined || name === undefined)
    throw new UsageError(`a model is NAMESPACE/NAME of a-z, 0-9 and -, up to 64 each, not "${reference}"`);
  return [namespace, name];
}
