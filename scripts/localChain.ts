// A local chain as a process of its own: Hardhat's, in memory, on a free port of this machine. It mines every transaction at once
// and a block every half second besides, so that time passes. Started by scripts/demo with a leash; prints where it is, as JSON.
import { network } from 'hardhat';

const BLOCK_MS = 500;

const server = await network.createServer(
  {
    network: 'local',
    chainType: 'l1',
    override: {
      chainId: 31_337,
      mining: { auto: true, interval: BLOCK_MS },
      // As public nodes do it: a callback may run out of gas, and the call around it still succeeds.
      gasEstimationMode: 'topLevelSuccess',
      // Several blocks a second, and a clock that tells the truth.
      allowBlocksWithSameTimestamp: true,
    },
  },
  '127.0.0.1',
  Number(process.env['LOCAL_CHAIN_PORT'] ?? 0),
);
const { address, port } = await server.listen();
console.log(JSON.stringify({ message: 'chain started', url: `http://${address}:${port}` }));
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void server.close().finally(() => process.exit(0)));
