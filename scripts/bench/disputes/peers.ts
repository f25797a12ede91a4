/** What disputes cost elsewhere. Other things are disputed there, so these are orders of magnitude; each with where it is from. */
import { number, table } from '../text.ts';
import type { ModelBill } from './gasRows.ts';

const ELSEWHERE = [
  [
    'OP fault dispute game',
    'one MIPS step, in a tree of depth 73',
    '30 to 40; a clock of 3.5 days a side',
    'bonds from 0.08 ETH (root) to 60 ETH (depth 73)',
    'ethereum-optimism/optimism, October 2024: deploy-config/mainnet.json, FaultDisputeGame.sol; Worldcoin WIP-1005',
  ],
  [
    'Cartesi Dave',
    'one RISC-V step',
    '92, in levels of 48, 17 and 27',
    'beside 25,000 a transaction: 65,175 an ordinary move, 237,531 to seal a level, 102,728 to win a leaf',
    'cartesi/dave, March 2026: prt, Gas.sol and Tournament.sol',
  ],
  ['Arbitrum BoLD', 'one WASM step', 'about 6.4 days', 'a bond of 3,600 ETH', 'docs.arbitrum.io, chain parameters'],
  [
    'UMA optimistic oracle v3',
    'nothing: token holders vote',
    'one, then the vote',
    '320,635 to dispute',
    'their contract, run with a mock in place of the vote',
  ],
  [
    'Ritual Infernet with an EZKL verifier',
    'a proof for every result, disputed or not',
    'none',
    'mean 1,809,681, median 861,471 from the request to the verified result',
    'ritual-net/infernet-sdk, October 2024: .gas-snapshot, BalanceScaleTest',
  ],
] as const;

export function peersTable(models: readonly ModelBill[]): string {
  const totals = models.flatMap(({ led, published }) => [led.total, published.total]);
  const moves = models.flatMap(({ led }) => led.transactions);
  const here = [
    'here, the models above',
    'one element of one operator',
    `2, or ${Math.min(...moves)} to ${Math.max(...moves)}`,
    `${number(Math.min(...totals))} to ${number(Math.max(...totals))} in all`,
    'this page',
  ];
  return table(['', 'what the chain decides', 'moves, time', 'gas, money', 'from'], [here, ...ELSEWHERE]);
}
