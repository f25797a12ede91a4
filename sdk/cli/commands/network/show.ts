/** `opg network show`: the contracts of a network and the rules in force. */
import { parametersField } from '#core/protocol/parameters.ts';
import { answer } from '../../answer.ts';
import type { Command } from '../../command.ts';
import { chosenNetwork, NETWORK, onNetwork } from '../../context.ts';
import { shown, when } from '../../money.ts';

export const showNetworkCommand: Command = {
  name: 'network show',
  summary: 'Shows a network: chain, contracts, and the parameter set that new requests get.',
  positionals: [],
  options: NETWORK.options,
  explained: NETWORK.explained,
  finding: 'the chain does not answer, or the contracts do not belong together',
  async run(args, terminal) {
    const { name, rpc, indexer, store } = chosenNetwork(args);
    return await onNetwork(args, async ({ provider, deployment, requests, models, token }) => {
      const [block, set, modelCount, supply] = await Promise.all([
        provider.getBlock('latest'),
        requests.currentSet(),
        models.modelCount(),
        token.totalSupply(),
      ]);
      const parameters = parametersField(await requests.parametersOf(set));
      const { addresses, chainId } = deployment;
      const [head, time] = [block?.number ?? 0, block?.timestamp ?? 0];
      const places = Object.entries(addresses).filter((entry): entry is [string, string] => entry[1] !== undefined);
      const plain = Object.fromEntries(
        Object.entries(parameters).map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]),
      );
      return answer(
        args,
        terminal,
        {
          name: name ?? null,
          chainId,
          rpc,
          indexer: indexer ?? null,
          store: store ?? null,
          block: head,
          time,
          models: Number(modelCount),
          supply: String(supply),
          addresses: Object.fromEntries(places),
          set: Number(set),
          parameters: plain,
        },
        [
          ['network', name ?? '(of the command line)'],
          ['chain', `${chainId} at ${rpc}`],
          ['newest block', `${head}, ${when(time)}`],
          ...(indexer === undefined ? [] : [['indexer', indexer]]),
          ...(store === undefined ? [] : [['store', store]]),
          ['models', String(modelCount)],
          ['supply of OPG', shown(supply)],
          ...places,
          ['parameter set', String(set)],
          ...Object.entries(plain).map(([key, value]) => [`  ${key}`, String(value)]),
        ],
      );
    });
  },
};
