import path from 'node:path';
import { expect } from 'chai';
import { network } from 'hardhat';
import { readAddresses, writeAddresses } from '../../deploy/addresses.ts';
import { failures, WiringError } from '../../deploy/checks/check.ts';
import { assertWiring, wiringOf } from '../../deploy/checks/wiring.ts';
import { constructed } from '../../deploy/constructorArguments.ts';
import { readProfile } from '../../deploy/parameters/schema.ts';
import { deploySystem } from '../../deploy/system.ts';
import { temporaryFolder } from '../support/temporary.ts';

const local = readProfile(path.join(import.meta.dirname, '../../deploy/parameters/local.json'));

const scratch = () => temporaryFolder('deploy');

type Connection = Awaited<ReturnType<typeof network.create>>;

/** A connection that breaks with the transaction that follows the n-th: before it is sent, or before its hash comes back. */
function breaking(connection: Connection, after: number, when: 'before' | 'after') {
  let sent = 0;
  const { provider } = connection;
  const broken = Object.create(provider, {
    request: {
      value: async (args: { method: string; params?: unknown[] }) => {
        const breaks = args.method === 'eth_sendTransaction' && ++sent > after;
        if (breaks && when === 'before') throw new Error('the line went dead');
        const answer = await provider.request(args);
        if (breaks) throw new Error('the line went dead');
        return answer;
      },
    },
  });
  return { connection: { ethers: connection.ethers, provider: broken }, sent: () => sent };
}

/** DEPLOY_POINTS=all breaks a deployment at each of its transactions, and not at each seventh. */
const ALL = process.env['DEPLOY_POINTS'] === 'all';

describe('deploySystem', () => {
  it('deploys everything on an empty chain and finds it as it should be', async () => {
    const connection = await network.create('local');
    const lines: string[] = [];
    const deployment = await deploySystem({ connection, parameters: local, say: (line) => lines.push(line) });
    const [deployer] = await connection.ethers.getSigners();
    expect(deployment.deployer).to.equal(deployer?.address);
    expect(deployment.chainId).to.equal(31337);
    const { addresses, steps } = deployment;
    expect(new Set([...Object.values(addresses), ...Object.values(steps)]).size).to.equal(26);
    expect(failures(await wiringOf(connection.ethers, deployment, local))).to.deep.equal([]);
    expect(lines.at(-1)).to.match(/^wiring: \d+ facts as they should be$/);
  });

  for (const [when, first] of [
    ['before', 0],
    ['after', 1],
  ] as const)
    it(`goes on where a run stopped, whichever transaction was the last, broken ${when} it was sent`, async () => {
      const whole = breaking(await network.create('local'), Number.POSITIVE_INFINITY, when);
      await deploySystem({ connection: whole.connection, parameters: local });
      expect(whole.sent()).to.equal(28);

      const [begin, step] = ALL ? [0, 1] : [first, 7];
      for (let after = begin; after < whole.sent(); after += step) {
        const journal = scratch();
        const connection = await network.create('local');
        const broken = breaking(connection, after, when);
        const failure = await deploySystem({ connection: broken.connection, parameters: local, journal }).catch(String);
        expect(failure, `after ${after}`).to.contain('the line went dead');
        const deployment = await deploySystem({ connection, parameters: local, journal });
        expect(deployment.block, `after ${after}`).to.equal(0);
        expect(await connection.ethers.provider.getBlockNumber(), `after ${after}`).to.equal(whole.sent());
      }
    }).timeout(300_000);

  it('run again, sends nothing and answers the same', async () => {
    const journal = scratch();
    const connection = await network.create('local');
    const first = await deploySystem({ connection, parameters: local, journal });
    const height = await connection.ethers.provider.getBlockNumber();
    expect(await deploySystem({ connection, parameters: local, journal })).to.deep.equal(first);
    expect(await connection.ethers.provider.getBlockNumber()).to.equal(height);
  });

  it('forgets the journal of a local chain that was started anew', async () => {
    const journal = scratch();
    await deploySystem({ connection: await network.create('local'), parameters: local, journal });
    const connection = await network.create('local');
    const deployment = await deploySystem({ connection, parameters: local, journal });
    expect(failures(await wiringOf(connection.ethers, deployment, local))).to.deep.equal([]);
  });

  it('uses an existing token, and refuses one that takes a fee', async () => {
    const connection = await network.create('local');
    const [deployer] = await connection.ethers.getSigners();
    const deployed = async (name: string) => {
      const token = await connection.ethers.getContractAt(
        'MintableToken',
        await (await connection.ethers.deployContract(name)).getAddress(),
      );
      await token.mint(deployer?.address ?? '', 10n ** 24n);
      return token.getAddress();
    };
    const plain = await deployed('MintableToken');
    const deployment = await deploySystem({ connection, parameters: { ...local, token: plain } });
    expect(deployment.addresses.token).to.equal(plain);
    const greedy = await deployed('FeeToken');
    let failure: unknown;
    await deploySystem({ connection, parameters: { ...local, token: greedy } }).catch((error: unknown) => {
      failure = error;
    });
    expect(failure).to.be.instanceOf(WiringError);
    expect(String(failure)).to.contain('byTransfer, wei that arrived');
  });

  it('refuses parameters of another chain before it sends anything', async () => {
    const connection = await network.create('local');
    let failure: unknown;
    await deploySystem({ connection, parameters: { ...local, chainId: 84532 } }).catch((error: unknown) => {
      failure = error;
    });
    expect(String(failure)).to.contain('The node is on chain 31337, the parameters are for chain 84532');
    expect(await connection.ethers.provider.getBlockNumber()).to.equal(0);
  });
});

describe('the wiring check', () => {
  const governed = async () => {
    const connection = await network.create('local');
    const [, governor, guardian, treasury, holder] = await connection.ethers.getSigners();
    const parameters = {
      ...local,
      governor: governor?.address ?? null,
      guardian: guardian?.address ?? null,
      treasury: treasury?.address ?? null,
      holder: holder?.address ?? null,
    };
    const deployment = await deploySystem({ connection, parameters });
    return { connection, ethers: connection.ethers, parameters, deployment, governor, guardian, treasury };
  };

  it('passes when governor, guardian, treasury and holder are four different accounts', async () => {
    const { ethers, deployment, parameters } = await governed();
    expect(failures(await wiringOf(ethers, deployment, parameters))).to.deep.equal([]);
  });

  it('sees a second guardian, a moved treasury and a pause', async () => {
    const { ethers, deployment, parameters, governor, guardian, treasury } = await governed();
    if (!governor || !guardian || !treasury) throw new Error('the local network has no accounts');
    const authority = await ethers.getContractAt('Authority', deployment.addresses.authority);
    await authority.connect(governor).grantRole(2n, treasury, 0);
    const escrow = await ethers.getContractAt('IEscrow', deployment.addresses.escrow);
    await escrow.connect(governor).setTreasury(guardian);
    const requests = await ethers.getContractAt('IInferenceRequests', deployment.addresses.requests);
    await requests.connect(guardian).pause();
    const wrong = failures(await wiringOf(ethers, deployment, parameters)).map(({ what }) => what);
    expect(wrong).to.deep.equal(['escrow: treasury', 'requests: paused until', 'roles: guardians']);
  });

  it('sees every parameter that differs, and refuses', async () => {
    const { ethers, deployment, parameters } = await governed();
    const other = { ...parameters, unbondingDelaySeconds: 61, firstSet: { ...parameters.firstSet, tipBps: 51 } };
    const error: unknown = await assertWiring(ethers, deployment, other).catch((error: unknown) => error);
    if (!(error instanceof WiringError)) throw new Error('the wiring was accepted');
    expect(error.failed.map(({ what }) => what)).to.deep.equal([
      'parameters: sha256',
      'escrow: seconds of unbonding',
      'set 1: tipBps',
    ]);
  });

  it('sees a step contract of the wrong family, another price and another game', async () => {
    const { ethers, deployment, parameters } = await governed();
    const { dot, integerDot } = deployment.steps;
    const swapped = { ...deployment, steps: { ...deployment.steps, dot: integerDot, integerDot: dot } };
    const whatIsWrong = async (...[where, what]: [typeof deployment, typeof parameters]) =>
      failures(await wiringOf(ethers, where, what)).map((failed) => failed.what);
    expect(await whatIsWrong(swapped, parameters)).to.deep.equal([
      'step contract of Dot',
      'step contract of IntegerDot',
    ]);
    expect(await whatIsWrong(deployment, { ...parameters, opgPerGas: '0.5' })).to.deep.equal([
      'parameters: sha256',
      'game: wei of OPG per gas',
    ]);
    const { requests, stepVerifier, traceVerifier } = deployment.addresses;
    const other = await ethers.deployContract('ChallengeGame', [requests, stepVerifier, traceVerifier, 10n ** 10n]);
    const addresses = { ...deployment.addresses, game: await other.getAddress() };
    expect(await whatIsWrong({ ...deployment, addresses }, parameters)).to.deep.equal([
      'escrow: capability 0',
      'set 1: arbiter',
    ]);
  });

  it('sees an address without code before it asks it anything', async () => {
    const { ethers, deployment, parameters, governor } = await governed();
    const addresses = { ...deployment.addresses, escrow: governor?.address ?? '' };
    const wrong = failures(await wiringOf(ethers, { ...deployment, addresses }, parameters));
    expect(wrong.map(({ what }) => what)).to.deep.equal(['escrow: has code']);
  });
});

describe('the record of a deployment', () => {
  it('is read as it was written, and refused if tampered with or missing', async () => {
    const connection = await network.create('local');
    const deployment = await deploySystem({ connection, parameters: local });
    const folder = scratch();
    writeAddresses(deployment, folder);
    expect(readAddresses(31337, folder)).to.deep.equal(deployment);
    expect(() => readAddresses(84532, folder)).to.throw(/There is no deployment on chain 84532/);
  });

  it('gives explorers the arguments each contract was created with, Escrow included', async () => {
    const connection = await network.create('local');
    const deployment = await deploySystem({ connection, parameters: local });
    const { ethers } = connection;
    const created = await creations(ethers.provider);
    const told = constructed(deployment, local);
    const all = [...Object.values(deployment.addresses), ...Object.values(deployment.steps)];
    expect(told.map(({ address }) => address).toSorted()).to.deep.equal(all.toSorted());
    for (const { contract, address, constructorArgs } of told) {
      const name = contract.split(':')[1] ?? '';
      const factory = await ethers.getContractFactory<unknown[]>(name);
      const { data } = await factory.getDeployTransaction(...constructorArgs);
      expect(created.get(address), contract).to.equal(data);
    }
  });
});

interface Call {
  type: string;
  to?: string;
  input: string;
  calls?: Call[];
}

/** Every contract ever created on the chain: address -> creation code with arguments. */
async function creations(provider: Connection['ethers']['provider']) {
  const found = new Map<string, string>();
  const visit = (call: Call): void => {
    if (call.type.startsWith('CREATE') && call.to) found.set(call.to.toLowerCase(), call.input);
    for (const inner of call.calls ?? []) visit(inner);
  };
  const height = await provider.getBlockNumber();
  for (let number = 1; number <= height; number++) {
    const block = await provider.getBlock(number);
    for (const hash of block?.transactions ?? [])
      visit(await provider.send('debug_traceTransaction', [hash, { tracer: 'callTracer' }]));
  }
  return { get: (address: string) => found.get(address.toLowerCase()) };
}
