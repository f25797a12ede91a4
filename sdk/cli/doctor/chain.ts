/** The doctor's look at the endpoint: does it do what the watcher needs, and is its head of today? */
import { type JsonRpcProvider, toBeHex } from 'ethers';
import type { Network } from '../../network.ts';
import { bad, type Finding, ok, warning } from './finding.ts';

/** Blocks of one log query of the watcher. */
const RANGE = 1_000;
const STALE_SECONDS = 120;
const AHEAD_SECONDS = 15;

/** `finality`: of the configuration. */
export async function chainFindings(
  network: Network,
  finality: { readonly kind: 'tag' } | { readonly kind: 'depth'; readonly blocks: number },
): Promise<Finding[]> {
  const provider = network.provider as JsonRpcProvider;
  const send = (method: string, ...params: unknown[]) => provider.send(method, params);
  const began = performance.now();
  const head = await provider.getBlock('latest');
  const ms = Math.round(performance.now() - began);
  const number = head?.number ?? 0;
  const findings = [ok('chain', `chain ${network.deployment.chainId}, block ${number}, answered in ${ms} ms`)];
  findings.push(await logsFinding(send, network.deployment.addresses.requests, number));
  findings.push(await finalityFinding(send, finality, number));
  findings.push(await feesFinding(send));
  return [...findings, clockFinding(head?.timestamp ?? 0, network.deployment.chainId)];
}

type Send = (method: string, ...params: unknown[]) => Promise<unknown>;

async function logsFinding(send: Send, address: string, head: number): Promise<Finding> {
  const fromBlock = toBeHex(Math.max(0, head - RANGE + 1));
  try {
    await send('eth_getLogs', { address, fromBlock: hex(fromBlock), toBlock: hex(toBeHex(head)) });
    return ok('chain', `logs of ${RANGE} blocks in one query`);
  } catch (error) {
    return bad(
      'chain',
      `eth_getLogs over ${RANGE} blocks: ${(error as Error).message}`,
      'use an endpoint that answers log queries of that range; without them requests are missed',
    );
  }
}

async function finalityFinding(
  send: Send,
  finality: Parameters<typeof chainFindings>[1],
  head: number,
): Promise<Finding> {
  if (finality.kind === 'depth') {
    const { blocks } = finality;
    return ok('chain', `a block counts as final ${blocks} below the newest`);
  }
  try {
    const block = (await send('eth_getBlockByNumber', 'finalized', false)) as { readonly number?: string } | null;
    if (block?.number === undefined) throw new Error('it gives no block');
    return ok('chain', `finalized block ${Number(block.number)}, ${head - Number(block.number)} below the newest`);
  } catch (error) {
    return bad(
      'chain',
      `the tag "finalized" is not served: ${(error as Error).message}`,
      'set network.finality to a number of blocks, or use another endpoint',
    );
  }
}

async function feesFinding(send: Send): Promise<Finding> {
  try {
    await send('eth_feeHistory', '0x5', 'latest', [50]);
    return ok('chain', 'fee history is served');
  } catch (error) {
    return warning(
      'chain',
      `eth_feeHistory: ${(error as Error).message}`,
      'fees are guessed from the newest block; another endpoint knows better',
    );
  }
}

/** Deadlines are chain time: a clock that is off makes a node late without knowing it. */
function clockFinding(timestamp: number, chainId: number): Finding {
  const behind = Date.now() / 1_000 - timestamp;
  const found = `this clock is ${Math.abs(behind).toFixed(0)} s ${behind >= 0 ? 'after' : 'before'} the newest block`;
  if (behind < -AHEAD_SECONDS)
    return bad(
      'clock',
      found,
      'set this machine’s clock (NTP); on a local chain whose time was moved this is to be expected',
    );
  if (behind > STALE_SECONDS)
    return warning(
      'clock',
      found,
      `the endpoint is behind, no block was made, or this clock is ahead: compare with another endpoint of chain ${chainId}`,
    );
  return ok('clock', found);
}

const hex = (quantity: string): string => `0x${BigInt(quantity).toString(16)}`;
