/** The doctor's look at keys and money: may the hot key act, can it pay, how much does the stake still bear? */
import { formatEther } from 'ethers';
import type { Address } from '#core/hex.ts';
import { parametersField } from '#core/protocol/parameters.ts';
import { balanceOf } from '../../balance.ts';
import { chainNow } from '../../clock.ts';
import type { Network } from '../../network.ts';
import { Permissions } from '../../node.ts';
import { shown, when } from '../money.ts';
import { bad, type Finding, ok, warning } from './finding.ts';

/** What a node pays of one result: submitted by a hot key, and finalised; docs/benchmarks.md. The request is the requester's. */
const RESULT_GAS = 108_000n;
/** Below so many results the hot key is soon empty. */
const FEW = 200n;
const SOON_SECONDS = 7 * 86_400;

export async function moneyFindings(network: Network, node: Address, key: Address): Promise<Finding[]> {
  const permissions = Permissions.ACCEPT | Permissions.SUBMIT;
  const [{ roles }, may, { until }, gas, fees, balance, set] = await Promise.all([
    network.nodes.nodeOf(node),
    network.nodes.mayAct(node, key, permissions),
    network.nodes.keyOf(node, key),
    network.provider.getBalance(key),
    network.provider.getFeeData(),
    balanceOf(network, node),
    network.requests.currentSet(),
  ]);
  const now = await chainNow(network);
  const { sliceFloor } = parametersField(await network.requests.parametersOf(set));
  return [
    Number(roles) === 0
      ? warning(
          'key',
          `${node} is not registered as a node`,
          'opg node init registers it; without that nobody finds it',
        )
      : ok('key', `${node} is registered`),
    keyFinding(key === node || may, key, node, key === node ? 0n : until, now),
    gasFinding(gas, fees.maxFeePerGas ?? fees.gasPrice ?? 0n, key),
    stakeFinding(balance.stake, sliceFloor),
    ...(balance.unbonding > 0n
      ? [
          warning(
            'stake',
            `${shown(balance.unbonding)} OPG unbond until ${when(balance.readyAt)}`,
            'opg node release makes them free then; they answer for no result meanwhile',
          ),
        ]
      : []),
  ];
}

function keyFinding(may: boolean, key: Address, node: Address, until: bigint, now: number): Finding {
  if (!may)
    return bad(
      'key',
      `${key} may not accept and submit for ${node}`,
      'opg node init FOLDER grants it, but for one that was revoked: opg node rotate FOLDER gives the node another; check signer.account of the configuration',
    );
  if (until > 0n && until < BigInt(now + SOON_SECONDS))
    return warning(
      'key',
      `${key} may act until ${when(Number(until))}`,
      'grant it anew before then, or rotate to another key',
    );
  return ok('key', `${key} may accept and submit`);
}

function gasFinding(gas: bigint, price: bigint, key: Address): Finding {
  const results = price === 0n ? undefined : gas / (price * RESULT_GAS);
  const found = `${formatEther(gas)} for gas${results === undefined ? '' : `, about ${results.toLocaleString('en-US')} results at today's price`}`;
  const remedy = `send the chain's coin to ${key}`;
  if (gas === 0n) return bad('key', found, remedy);
  return results !== undefined && results < FEW ? warning('key', found, remedy) : ok('key', found);
}

function stakeFinding(stake: bigint, sliceFloor: bigint): Finding {
  const results = sliceFloor === 0n ? undefined : stake / sliceFloor;
  const found = `${shown(stake)} OPG of free stake${results === undefined ? '' : `: at most ${results.toLocaleString('en-US')} results at a time (${shown(sliceFloor)} OPG each at least)`}`;
  if (results === 0n) return bad('stake', found, 'opg node stake AMOUNT; without a slice no result can be submitted');
  if (results !== undefined && results < 10n)
    return warning('stake', found, 'opg node stake AMOUNT: more results can then wait for their window at once');
  return ok('stake', found);
}
