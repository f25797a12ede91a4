/** What disputes cost elsewhere. Other things are disputed there, so these are orders of magnitude; each with where it is from. */
import { table } from '../text.ts';

export const peersTable = (): string =>
  table(
    ['', 'what is decided', 'moves', 'gas', 'from'],
    [
      [
        'OP fault dispute game',
        'one MIPS instruction of 2^73',
        '30 to 40 transactions; 3.5 days of clock a side',
        'bonds from 0.08 ETH (root) to 60 ETH (depth 73)',
        'ethereum-optimism/optimism: deploy-config/mainnet.json, FaultDisputeGame.sol; Worldcoin WIP-1005',
      ],
      [
        'Cartesi Dave',
        'one RISC-V instruction',
        '92 in three levels',
        '65,175 an ordinary one, 237,531 to seal a level, 102,728 to win a leaf',
        'cartesi/dave: prt Gas.sol, Tournament.sol',
      ],
      [
        'Arbitrum BoLD',
        'one WASM instruction',
        'about 6.4 days; bond of 3,600 ETH',
        '-',
        'docs.arbitrum.io, chain parameters',
      ],
      [
        'UMA optimistic oracle v3',
        'nothing on chain: a vote of token holders',
        'one to dispute, then the vote',
        '320,635 to dispute',
        'their contract, the vote replaced by a mock, on the chain of the benchmarks of peers',
      ],
      [
        'EZKL under Ritual Infernet',
        'a proof for every result, disputed or not',
        '1',
        '1,809,681 for a request with its proof (mean)',
        'ritual-net/infernet-sdk: .gas-snapshot, BalanceScaleTest',
      ],
      [
        'TAO, Verde',
        'one operator, by a committee or a referee off chain',
        'about log2 of the operators',
        'not published',
        'arXiv 2510.16028, 2502.19405',
      ],
    ],
  );
