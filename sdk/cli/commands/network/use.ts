/** `opg network use`: remembers a network under a name. */
import { connect } from '../../../network.ts';
import { answer } from '../../answer.ts';
import { type Command, text, UsageError } from '../../command.ts';
import { readJson } from '../../files.ts';
import { nameIn, readSettings, writeSettings } from '../../settings.ts';

export const useNetworkCommand: Command = {
  name: 'network use',
  summary: 'Remembers a network under a name, checks it, and uses it from now on.',
  positionals: ['NAME'],
  options: {
    rpc: { type: 'string' },
    deployment: { type: 'string' },
    indexer: { type: 'string' },
    store: { type: 'string' },
  },
  explained: [
    ['--rpc URL', 'an endpoint of the chain; without it and without a deployment NAME must be known'],
    ['--deployment FILE', 'where the contracts are: a file of deploy/addresses'],
    ['--indexer URL', 'who answers searches'],
    ['--store URL', 'the storage node or Walrus publisher that files are put into'],
  ],
  finding: 'the endpoint is not of that chain, or the contracts do not belong together',
  async run(args, terminal) {
    const name = nameIn(args.positionals[0] ?? '', 'the name of a network');
    const settings = readSettings();
    const saved = settings.networks[name];
    const file = text(args, 'deployment');
    const rpc = text(args, 'rpc') ?? saved?.rpc;
    const deployment = file === undefined ? saved?.deployment : readJson(file);
    if (rpc === undefined || deployment === undefined)
      throw new UsageError(`network "${name}" is new here: --rpc URL and --deployment FILE are needed`);
    const network = await connect({ provider: rpc, deployment });
    network.provider.destroy();
    const [indexer, store] = [text(args, 'indexer') ?? saved?.indexer, text(args, 'store') ?? saved?.store];
    const next = {
      rpc,
      deployment,
      ...(indexer === undefined ? {} : { indexer }),
      ...(store === undefined ? {} : { store }),
    };
    writeSettings({ ...settings, network: name, networks: { ...settings.networks, [name]: next } });
    const { chainId } = network.deployment;
    return answer(args, terminal, { name, chainId, rpc }, `network ${name} is in use: chain ${chainId} at ${rpc}`);
  },
};
