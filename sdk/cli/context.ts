/** Which network a command means, and which account acts. */
import { isAddress } from 'ethers';
import type { Address } from '#core/hex.ts';
import { toAddress } from '#core/hex.ts';
import { type Account, actAs, connect, type Network } from '../network.ts';
import { type Arguments, type Terminal, text, UsageError } from './command.ts';
import { readJson } from './files.ts';
import { openKey, PASSWORD, storedKey, storedKeys } from './keystore.ts';
import { readSettings, type SavedNetwork } from './settings.ts';

/** Options of every command that reads a chain. */
export const NETWORK = {
  options: { network: { type: 'string' }, rpc: { type: 'string' }, deployment: { type: 'string' } },
  explained: [
    ['--network NAME', 'a network saved by opg network use; the one used last without it'],
    ['--rpc URL', 'an endpoint of the chain, instead of the saved one'],
    ['--deployment FILE', 'where the contracts are, instead of the saved ones'],
  ],
} as const;

/** And of every command that sends a transaction. */
export const ACCOUNT = {
  options: { ...NETWORK.options, account: { type: 'string' }, ...PASSWORD.option },
  explained: [
    ['--account NAME', 'who acts; the account used last without it'],
    PASSWORD.explained,
    ...NETWORK.explained,
  ],
} as const;

/** Of the chosen network, changed by what the command line says. */
export function chosenNetwork(args: Arguments): SavedNetwork & { readonly name: string | undefined } {
  const settings = readSettings();
  const name = text(args, 'network') ?? process.env['OPG_NETWORK'] ?? settings.network;
  const saved = name === undefined ? undefined : settings.networks[name];
  if (name !== undefined && saved === undefined) {
    const known = Object.keys(settings.networks);
    throw new UsageError(`there is no network "${name}"${known.length > 0 ? `, but ${known.join(', ')}` : ''}`);
  }
  const rpc = text(args, 'rpc') ?? saved?.rpc;
  const file = text(args, 'deployment');
  const deployment = file === undefined ? saved?.deployment : readJson(file);
  if (rpc === undefined || deployment === undefined)
    throw new UsageError(
      'no network is named: run opg network use NAME --rpc URL --deployment FILE once, or give both options',
    );
  return { ...saved, name, rpc, deployment };
}

/** Runs `work` on the chosen network and lets go of the connection. */
export async function onNetwork<T>(args: Arguments, work: (network: Network) => Promise<T>): Promise<T> {
  const { rpc, deployment } = chosenNetwork(args);
  const network = await connect({ provider: rpc, deployment, pollMs: 250 });
  try {
    return await work(network);
  } finally {
    network.provider.destroy();
  }
}

/** The same as the chosen account, whose password is asked for first. */
export async function asAccount<T>(
  args: Arguments,
  terminal: Terminal,
  work: (account: Account) => Promise<T>,
): Promise<T> {
  const wallet = await openKey(accountName(args), args, terminal);
  return await onNetwork(args, async (network) => await work(await actAs(network, wallet)));
}

export function accountName(args: Arguments): string {
  const name = text(args, 'account') ?? process.env['OPG_ACCOUNT'] ?? readSettings().account;
  if (name !== undefined) return name;
  const [only, ...others] = storedKeys();
  if (only !== undefined && others.length === 0) return only.name;
  throw new UsageError(
    only === undefined
      ? 'there is no account: make one with opg account create NAME, or bring one with opg account import NAME'
      : 'several accounts are there: say which with --account NAME, or once with opg account use NAME',
  );
}

/** An address, or the name of an account kept here. */
export function addressOf(who: string): Address {
  return toAddress(isAddress(who) ? who : storedKey(who).address);
}
