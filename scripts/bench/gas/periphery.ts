// The paths of paid passes and of OpenGradient's calls, on versions of their own.
import { Interface, MaxUint256, parseEther } from 'ethers';
import { type Bench, FEE, headers, mined, ROYALTY } from './bench.ts';
import { answer, type Path, single, steady } from './paths.ts';

const MONTH = 30 * 86_400;
const DAY = 86_400;
const TENSORS = '((string,(int128,int128)[],uint32[])[],(string,string[])[])';
const RUN = new Interface([`function run(string,uint8,${TENSORS})`]);
/** x, 64 numbers of two decimals each. */
const QUESTION = [[['x', Array.from({ length: 64 }, (_, i) => [257 + i, 2]), [1, 64]]], []];

/** A pass by time and one by number of requests: bought once more, asked with, collected. */
export async function passPaths(bench: Bench): Promise<Path[]> {
  const { ethers, addresses, accounts, models, token } = bench;
  const passes = await ethers.getContractAt('IPassPolicy', addresses.passPolicy);
  await token.connect(accounts.requester).approve(passes, MaxUint256);
  const paths: Path[] = [];
  for (const [how, uses, byte, lane] of [
    ['by time', 0, '12', 300],
    ['by uses', 1_000, '13', 301],
  ] as const) {
    const version = await bench.publish(byte);
    await models.connect(accounts.owner).setPolicy(version, passes);
    const offer = { price: parseEther('1'), period: MONTH, uses };
    await passes.connect(accounts.owner).setOffer(version, offer);
    const bought = async () => {
      const { gasUsed } = await mined(
        passes.connect(accounts.requester).buy(version, accounts.requester, offer, ROYALTY),
      );
      await bench.pass(DAY);
      return { buy: Number(gasUsed) };
    };
    const collected = async () => {
      const { gasUsed } = await mined(passes.connect(accounts.keeper).collect(version, [accounts.requester]));
      await bench.pass(DAY);
      return { collect: Number(gasUsed) };
    };
    paths.push(
      await steady(`a pass ${how}, bought once more`, 1, bought),
      await steady(`prepaid, with a pass ${how}`, 1, () => single(bench, lane, { version })),
      await steady(`a pass ${how}, collected`, 1, collected),
    );
  }
  return paths;
}

/** A question of OpenGradient's interface and its answer: 64 numbers in, 10 out, each converted on chain. */
export async function facadePaths(bench: Bench): Promise<Path[]> {
  const { ethers, requests, token, accounts } = bench;
  const { owner, requester, node } = accounts;
  const version = await bench.publish('14');
  const directory = await ethers.deployContract('ModelDirectory', [bench.models]);
  const facade = await ethers.deployContract('OpenGradientFacade', [requests, directory]);
  await directory.connect(owner).describe(version, headers.input, ['x'], headers.output, ['y']);
  await directory.connect(owner).setCurrent(version);
  await token.connect(requester).approve(facade, MaxUint256);
  const settings = { node, fee: FEE, duration: DAY, callbackGas: 0, nearest: true };
  await facade.connect(requester).configure(settings);
  const data = RUN.encodeFunctionData('run', ['bench/job', 0, QUESTION]);
  const to = await facade.getAddress();
  return [
    await steady("OpenGradient's run, 64 numbers in and 10 out", 1, async () => {
      const asked = await mined(requester.sendTransaction({ to, data }) as never);
      return { run: Number(asked.gasUsed), ...(await answer(bench, asked, { callback: true })) };
    }),
  ];
}
