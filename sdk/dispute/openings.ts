/** What the moves of a dispute have shown: the openings in the calldata of their transactions, which no event repeats. */
import type { Log } from 'ethers';
import { dataSlice, hexlify } from 'ethers';
import type { BundleParts, Json } from '#core/challenges/bundle.ts';
import type { Network } from '../network.ts';
import { plainArguments } from './plain.ts';

export interface Openings extends Pick<BundleParts, 'evidence' | 'demands' | 'proofs'> {
  /** The program header that a move named. */
  readonly program: Json;
}

interface Call {
  readonly [name: string]: Json;
}

const MOVES = { Challenged: 'challenge', Demanded: 'demand', Refuted: 'prove' } as const;
type Shower = keyof typeof MOVES;

/** `logs` of the game. A move that cannot be found in its transaction (a contract has put it together itself) is left out. */
export async function openingsOf(network: Network, logs: readonly Log[]): Promise<Openings> {
  const evidence: Record<string, Json> = {};
  const demands: Record<string, Json> = {};
  const proofs: Record<string, Json> = {};
  let program: Json = null;
  const game = network.game;
  for (const log of game === undefined ? [] : logs) {
    const parsed = game?.interface.parseLog(log);
    if (!parsed || !(parsed.name in MOVES)) continue;
    const event = plainArguments(parsed.fragment.inputs, parsed.args);
    const sent = await network.provider.getTransaction(log.transactionHash);
    const call = sent && callIn(network, sent.data, parsed.name as Shower, event);
    if (!call) continue;
    program = (call['meaning'] as Call)['program'] ?? null;
    if (parsed.name === 'Challenged') evidence[String(event['challenge'])] = call['evidence'] as Json;
    else if (parsed.name === 'Demanded') demands[String(event['demandId'])] = call['proof'] as Json;
    else proofs[String(event['challenge'])] = call['proof'] as Json;
  }
  return { evidence, demands, proofs, program };
}

/** The call itself, or one inside the calldata of a wallet contract: whatever decodes and is about what the event says. */
function callIn({ game }: Network, data: string, name: Shower, event: Call): Call | undefined {
  const fragment = game?.interface.getFunction(MOVES[name]);
  if (!game || !fragment) return undefined;
  const { selector } = fragment;
  const hex = hexlify(data);
  for (let at = hex.indexOf(selector.slice(2), 2); at >= 0; at = hex.indexOf(selector.slice(2), at + 1)) {
    if (at % 2 !== 0) continue;
    try {
      const args = game.interface.decodeFunctionData(fragment, dataSlice(hex, at / 2 - 1));
      const call = plainArguments(fragment.inputs, args);
      if (isAbout(name, call, event)) return call;
    } catch {
      // Bytes that look like the selector and are none.
    }
  }
  return undefined;
}

function isAbout(name: Shower, call: Call, event: Call): boolean {
  const claim = call['claim'] as Call;
  if (name === 'Challenged') return claim['trace'] === event['trace'] && claim['challenger'] === event['challenger'];
  if (name === 'Demanded') {
    const demand = event['demand'] as Call;
    const node = (call['proof'] as Call)['node'];
    return node === demand['node'] && JSON.stringify(call['position']) === JSON.stringify(demand['position']);
  }
  const proof = call['proof'] as Call;
  const place = [proof['operator'], (proof['step'] as Call)['element']];
  // Of other widths in the event.
  return String(place) === String([event['operator'], event['element']]);
}
