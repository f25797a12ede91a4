import type { Interface, Result } from 'ethers';
import { ProtocolError } from '#core/errors.ts';
import type { ChainReader, Hex } from '#ports/chain.ts';

/**
 * A view of a contract of this deployment, at the newest block. Throws `rpc.unavailable` for what the view cannot have returned: at the start the
 * contracts were there (`assertTogether`), so a node that returns nothing is behind their deployment.
 */
export async function ask(
  reader: Pick<ChainReader, 'call'>,
  to: Hex,
  contract: Interface,
  method: string,
  ...values: readonly unknown[]
): Promise<Result> {
  const returned = await reader.call(to, contract.encodeFunctionData(method, values) as Hex);
  try {
    return contract.decodeFunctionResult(method, returned);
  } catch (cause) {
    const reason = `it returned ${returned.slice(0, 100)} for ${method} of ${to}`;
    throw new ProtocolError('rpc.unavailable', { url: 'that was asked', method: 'eth_call', reason }, { cause });
  }
}
