/** `opg node init`: from an account with OPG to a folder that `opg node run` runs: key, configuration, stake, registration. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { toAddress } from '#core/hex.ts';
import { newNode } from '../../../newNode.ts';
import { answer } from '../../answer.ts';
import { type Arguments, type Command, text, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount, chosenNetwork } from '../../context.ts';
import { located } from '../../files.ts';
import { secretLine } from '../../keystore.ts';
import { opg, shown } from '../../money.ts';
import { addressIn, makeKeyFile } from '../../nodeFolder.ts';
import { waiting } from '../../progress.ts';
import type { SavedNetwork } from '../../settings.ts';

/** Of the hot key: the largest time a contract keeps. It is revoked by hand (docs/runbook.md). */
const FOR_EVER = 2 ** 40 - 1;
const LOCAL_CHAIN = 31_337;

export const initNodeCommand: Command = {
  name: 'node init',
  summary: 'Makes a folder for an inference node: hot key, configuration; stakes and registers the account.',
  positionals: ['FOLDER'],
  options: {
    endpoint: { type: 'string' },
    stake: { type: 'string' },
    port: { type: 'string' },
    finality: { type: 'string' },
    'min-net': { type: 'string' },
    'key-password-file': { type: 'string' },
    ...ACCOUNT.options,
  },
  explained: [
    ['--endpoint URL', 'where requesters reach the node; http://127.0.0.1:PORT without it'],
    ['--stake OPG', 'what shall stand behind its results at least; what is missing is deposited and staked'],
    [
      '--min-net OPG',
      'what an item must bring the node at least, also where it offers nothing; without it, what its offers ask',
    ],
    [
      '--key-password-file FILE',
      'the hot key is kept encrypted; the first line of this file opens it, also for the node',
    ],
    ['--port N', 'where the node listens; 8650 without it'],
    ['--finality WHAT', '"finalized", or a number of blocks; 2 on a local chain, else finalized'],
    ...ACCOUNT.explained,
  ],
  finding: 'the account cannot pay, or the chain did not answer; the same command goes on where it stopped',
  async run(args, terminal) {
    const folder = located(args.positionals[0] ?? '');
    const port = portIn(args);
    const endpoint = text(args, 'endpoint') ?? `http://127.0.0.1:${port}`;
    const wanted = opg(text(args, 'stake') ?? '0', '--stake');
    return await asAccount(args, terminal, async (account) => {
      const place = chosenNetwork(args);
      const finality = text(args, 'finality') ?? (account.deployment.chainId === LOCAL_CHAIN ? '2' : 'finalized');
      const passwordFile = text(args, 'key-password-file');
      const keyFile = passwordFile === undefined ? 'hot.key' : 'hot.json';
      const key = await hotKeyIn(folder, keyFile, passwordFile);
      const least = text(args, 'min-net');
      if (least !== undefined) opg(least, '--min-net');
      writeConfiguration(folder, { place, account: account.address, port, finality, least, keyFile, passwordFile });
      const done = await waiting(terminal, 'staking and registering', () =>
        newNode(account, { endpoint, stake: wanted, hotKey: { key: toAddress(key), until: FOR_EVER } }),
      );
      const gas = done.reduce((sum, { receipt }) => sum + receipt.gasUsed, 0n);
      return answer(
        args,
        terminal,
        { folder, account: account.address, hotKey: key, endpoint, transactions: done.length, gas: String(gas) },
        [
          ['node', `${account.address} at ${endpoint}`],
          ['hot key', `${key} in ${path.join(folder, keyFile)}: it can serve, and move no money; it pays the gas`],
          ['configuration', path.join(folder, 'config.json')],
          ['stake asked for', `${shown(wanted)} OPG`],
          ['transactions', `${done.length}, ${gas.toLocaleString('en-US')} gas`],
          [
            'next',
            `send the hot key some of the chain's coin, then: opg node offer MODEL --price OPG; opg node run ${args.positionals[0]}`,
          ],
        ],
      );
    });
  },
};

function portIn(args: Arguments): number {
  const port = Number(text(args, 'port') ?? 8_650);
  if (Number.isInteger(port) && port > 0 && port < 65_536) return port;
  throw new UsageError('--port takes a whole number from 1 to 65535');
}

/** Made once; the address of what is there. */
async function hotKeyIn(folder: string, name: string, passwordFile: string | undefined): Promise<string> {
  const file = path.join(folder, name);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (existsSync(file)) return addressIn(file);
  return await makeKeyFile(file, passwordFile === undefined ? undefined : secretLine(passwordFile));
}

interface Settings {
  readonly place: SavedNetwork;
  readonly account: string;
  readonly port: number;
  readonly finality: string;
  /** OPG as written. */
  readonly least: string | undefined;
  readonly keyFile: string;
  readonly passwordFile: string | undefined;
}

/** Made once: what an operator changed in it stays. */
function writeConfiguration(folder: string, settings: Settings): void {
  const { place, account, port, finality, least, keyFile, passwordFile } = settings;
  const file = path.join(folder, 'config.json');
  if (existsSync(file)) return;
  writeFileSync(path.join(folder, 'deployment.json'), `${JSON.stringify(place.deployment, undefined, 2)}\n`);
  const store = place.store === undefined ? undefined : new URL(place.store);
  const near = store !== undefined && /^(localhost|127\.|\[::1\])/.test(store.hostname);
  const configuration = {
    process: { dataDir: 'data', httpPort: port },
    network: { rpcUrl: place.rpc, deployment: 'deployment.json', finality },
    signer: { keyFile, ...(passwordFile === undefined ? {} : { passwordFile: located(passwordFile) }), account },
    ...(least === undefined ? {} : { admission: { minNetPerItem: least } }),
    // Files are fetched from private addresses only where that is allowed by name.
    ...(near ? { models: { privateOrigins: [store.origin] } } : {}),
  };
  writeFileSync(file, `${JSON.stringify(configuration, undefined, 2)}\n`);
}
