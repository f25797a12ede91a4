/** The folder of a node that `opg node init` made before: its configuration is what counts. */
import type { Config } from '../../../workers/config/load.ts';
import { parseDeployment } from '../../deployment.ts';
import type { Account } from '../../network.ts';
import { type Arguments, text, UsageError } from '../command.ts';
import { located, readJson } from '../files.ts';
import { opg } from '../money.ts';
import { assertNodeOf, configurationFile, configurationOf, formerKeysOf, hotKeyOf } from '../nodeFolder.ts';
import { type Folder, portIn } from './make.ts';

/** As an operator, or `opg node rotate`, has left it. */
export function madeFolder(args: Arguments, folder: string, account: Account): Folder {
  const config = configurationOf(folder);
  const { signer, network } = config;
  assertNodeOf(folder, signer, account.address);
  const { chainId, addresses } = parseDeployment(readJson(network.deployment));
  if (chainId !== account.deployment.chainId || addresses.nodes !== account.deployment.addresses.nodes)
    throw new UsageError(
      `${folder} is a node of another network, that of ${network.deployment}: choose it with --network or --deployment`,
    );
  assertUnchanged(args, folder, config);
  const key = hotKeyOf(signer);
  if (formerKeysOf(signer).includes(key))
    throw new UsageError(
      `${configurationFile(folder)} names ${key} as a former key of the node, and as its key: opg node rotate ${folder} gives it another`,
    );
  return { key, kept: signer.keyFile ?? 'a signer', port: config.process.httpPort };
}

/** An option whose setting was written before does nothing: that is said, unless it says the same. */
function assertUnchanged(args: Arguments, folder: string, config: Config<'node'>): void {
  const { finality } = config.network;
  const settings = [
    ['port', 'process.httpPort', () => portIn(args) === config.process.httpPort],
    [
      'finality',
      'network.finality',
      (given: string) => given === (finality.kind === 'tag' ? 'finalized' : String(finality.blocks)),
    ],
    [
      'min-net',
      'admission.minNetPerItem',
      (given: string) => opg(given, '--min-net') === config.admission.minNetPerItem,
    ],
    ['key-password-file', 'signer.passwordFile', (given: string) => located(given) === config.signer.passwordFile],
  ] as const;
  for (const [option, setting, isSame] of settings) {
    const given = text(args, option);
    if (given === undefined || isSame(given)) continue;
    const encrypted =
      option === 'key-password-file' ? `, then let opg node rotate ${folder} make a key that it opens` : '';
    throw new UsageError(
      `${folder} is made already, and --${option} would change nothing: set ${setting} in ${configurationFile(folder)}${encrypted}, and start the node anew`,
    );
  }
}
