/** `opg node rotate`: another hot key for a node; the transactions of the old one are followed to their ends. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { isAddress } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import { type Address, toAddress } from '#core/hex.ts';
import type { Account } from '../../../network.ts';
import { isRevoked, setKey } from '../../../node.ts';
import { answer, sent, sentRows } from '../../answer.ts';
import { type Command, text, UsageError } from '../../command.ts';
import { ACCOUNT, asAccount } from '../../context.ts';
import { located } from '../../files.ts';
import { secretLine } from '../../keystore.ts';
import {
  addressIn,
  assertNodeOf,
  configurationOf,
  hotKeyOf,
  makeKeyFile,
  type WrittenConfiguration,
  writeConfiguration,
  writtenConfiguration,
} from '../../nodeFolder.ts';
import { waiting } from '../../progress.ts';

const FOR_EVER = 2 ** 40 - 1;

export const rotateCommand: Command = {
  name: 'node rotate',
  summary: 'Gives a node another hot key; what the old one has under way is followed to its end.',
  positionals: ['FOLDER'],
  options: { key: { type: 'string' }, ...ACCOUNT.options },
  explained: [
    ['--key ADDRESS', 'of a node whose keys a signer has: which of them is next; without it a key file is made'],
    ...ACCOUNT.explained,
  ],
  finding: 'the chain did not answer, or refused it; the same command goes on where it stopped',
  async run(args, terminal) {
    const [folder = ''] = args.positionals;
    const { signer } = configurationOf(folder);
    const given = text(args, 'key');
    if (given !== undefined && !isAddress(given)) throw new UsageError(`--key takes an address, not "${given}"`);
    if ((signer.remoteUrl === undefined) === (given !== undefined))
      throw new UsageError(
        given === undefined
          ? 'a signer has the key of this node: make the next one there and give --key ADDRESS'
          : '--key is for nodes whose keys a signer has: this one has a key file, and a new one is made',
      );
    return await asAccount(args, terminal, async (account) => {
      assertNodeOf(folder, signer, account.address);
      const old = hotKeyOf(signer);
      const next =
        given === undefined ? await nextKey(folder, signer, account) : { key: toAddress(given), file: undefined };
      if (await isRevoked(account, account.address, next.key))
        throw new ProtocolError('node.key_revoked', { key: next.key, node: account.address });
      const done = await waiting(terminal, 'waiting for the block', () =>
        setKey(account, { key: next.key, until: FOR_EVER }),
      );
      writeConfiguration(folder, changed(writtenConfiguration(folder), account.address, next));
      // An account cannot revoke itself.
      const revoking = old === account.address ? '' : `opg node revoke ${old}, and `;
      return answer(args, terminal, { folder, hotKey: next.key, oldKey: old, node: account.address, ...sent(done) }, [
        ['hot key', `${next.key}${next.file === undefined ? '' : ` in ${next.file}`}`],
        ['old key', `${old}: followed until nothing of it is open`],
        ...sentRows(done),
        ['next', `send the new key the chain's coin, opg account deposit 1 --for ${next.key}, and start the node anew`],
        ['then', `when worker_submit_former_intents is 0: ${revoking}take it out of config.json`],
      ]);
    });
  },
};

/** One that a run before this made and did not come to use is taken: no transaction is its own, and it was not revoked. */
async function nextKey(
  folder: string,
  { keyFile, passwordFile, retiredKeyFiles }: ReturnType<typeof configurationOf>['signer'],
  account: Account,
): Promise<{ readonly key: Address; readonly file: string }> {
  const extension = passwordFile === undefined ? 'key' : 'json';
  const inUse = new Set([keyFile, ...retiredKeyFiles]);
  for (let n = 2; ; n++) {
    const file = path.join(located(folder), `hot-${n}.${extension}`);
    if (inUse.has(file)) continue;
    if (existsSync(file)) {
      const key = addressIn(file);
      const used =
        (await account.provider.getTransactionCount(key)) > 0 || (await isRevoked(account, account.address, key));
      if (used) continue;
      return { key, file };
    }
    const password = passwordFile === undefined ? undefined : secretLine(passwordFile);
    return { key: await makeKeyFile(file, password), file };
  }
}

function changed(
  configuration: WrittenConfiguration,
  node: Address,
  { key, file }: { readonly key: Address; readonly file: string | undefined },
): WrittenConfiguration {
  const { signer = {} } = configuration;
  const former = (name: string, old: unknown) => [...((signer[name] as unknown[] | undefined) ?? []), old];
  const next =
    file === undefined
      ? { remoteAddress: key, retiredAddresses: former('retiredAddresses', signer['remoteAddress']) }
      : { keyFile: path.basename(file), retiredKeyFiles: former('retiredKeyFiles', signer['keyFile']) };
  // A key that was the account's own is a hot key from now on.
  return { ...configuration, signer: { ...signer, account: node, ...next } };
}
