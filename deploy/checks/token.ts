// Whether the token is plain: no fee, no rebasing at transfer, no hooks, no proxy, decimals and supply that fit.
// Nothing is sent: a probe's code is laid over a holder in one eth_call. What cannot be seen this way (a rebase by time, an
// owner's switch under another name) is a question to whoever issued the token.
import type { HardhatEthers } from '@nomicfoundation/hardhat-ethers/types';
import { Contract, Interface, id, toBeHex, ZeroAddress } from 'ethers';
import { artifacts } from 'hardhat';
import type { Check } from './check.ts';
import { check } from './check.ts';

const ABI = [
  'function decimals() view returns (uint8)',
  'function totalSupply() view returns (uint256)',
  'function balanceOf(address) view returns (uint256)',
];
const MAX_SUPPLY = 2n ** 96n;
/** Below this a fee of one hundredth of a per cent would round to nothing. */
const LEAST_AMOUNT = 10_000n;
/** A receiver that refuses to be called: a token that calls its receiver has hooks. PUSH0 PUSH0 REVERT. */
const REFUSES_CALLS = '0x5f5ffd';
const RECEIVER = '0x00000000000000000000000000000000000fee15';
/** Storage slot of the implementation in an ERC-1967 proxy. */
const IMPLEMENTATION = toBeHex(BigInt(id('eip1967.proxy.implementation')) - 1n, 32);
/** Powers a plain token does not have. An answer of one word means that the function exists. */
const POWERS = ['paused()', 'isBlacklisted(address)', 'isBlackListed(address)', 'isBlocked(address)'];

export async function checkToken(ethers: HardhatEthers, token: string, holder: string): Promise<Check[]> {
  const contract = new Contract(token, ABI, ethers.provider);
  const read = (name: string, ...values: unknown[]): Promise<bigint> => contract.getFunction(name)(...values);
  const supply = await read('totalSupply');
  return [
    check('token: decimals', await read('decimals'), 18),
    check('token: supply is above 0 and below 2^96 wei', supply > 0n && supply < MAX_SUPPLY, true),
    check('token: ERC-1967 implementation', BigInt(await ethers.provider.getStorage(token, IMPLEMENTATION)), 0),
    ...(await checkPowers(ethers, token)),
    ...(await checkTransfers(ethers, token, holder, await read('balanceOf', holder))),
  ];
}

async function checkPowers(ethers: HardhatEthers, token: string): Promise<Check[]> {
  return Promise.all(
    POWERS.map(async (signature) => {
      const data = `${id(signature).slice(0, 10)}${'00'.repeat(31)}01`;
      const answer = await ethers.provider.call({ to: token, data }).catch(() => '0x');
      return check(`token: function ${signature}`, answer.length === 66 ? 'there is one' : 'none', 'none');
    }),
  );
}

async function checkTransfers(ethers: HardhatEthers, token: string, holder: string, balance: bigint): Promise<Check[]> {
  const amount = balance / 2n;
  if (amount < LEAST_AMOUNT)
    return [
      check(
        'token: holder to try transfers with',
        `${holder} with ${balance} wei`,
        `one with ${2n * LEAST_AMOUNT} wei or more, named by "holder"`,
      ),
    ];
  const { abi, deployedBytecode } = await artifacts.readArtifact('TokenProbe');
  const probe = new Interface(abi);
  const call = { from: ZeroAddress, to: holder, data: probe.encodeFunctionData('probe', [token, RECEIVER, amount]) };
  const overrides = { [holder]: { code: deployedBytecode }, [RECEIVER]: { code: REFUSES_CALLS } };
  let answer: string;
  try {
    answer = await ethers.provider.send('eth_call', [call, 'latest', overrides]);
  } catch (error) {
    return [check('token: a transfer tried in eth_call', error instanceof Error ? error.message : error, 'no revert')];
  }
  const report = probe.decodeFunctionResult('probe', answer)[0];
  return [
    ...(['byTransfer', 'byTransferFrom'] as const).flatMap((way) => [
      check(`token: ${way} answers true`, report[way].answeredTrue, true),
      check(`token: ${way}, wei that left the sender`, report[way].left, amount),
      check(`token: ${way}, wei that arrived`, report[way].arrived, amount),
    ]),
    check('token: supply after the transfers', report.supplyAfter, report.supplyBefore),
  ];
}
