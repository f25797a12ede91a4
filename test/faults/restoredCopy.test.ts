/** A backup that is older than what the node has signed: restored, it contradicts nothing that it has forgotten. */
import { expect } from 'chai';
import { type AskedOne, findRequest, request } from '../../sdk/index.ts';
import { say, told } from '../support/commandLine.ts';
import { type Devnet, vectors } from '../support/devnet.ts';
import { eventually } from '../support/eventually.ts';
import { faultStory } from '../support/faultStory.ts';
import { operatedNode } from '../support/operated.ts';
import { RoleProcess } from '../support/process.ts';

const OPG = 10n ** 18n;
type Asked = Pick<AskedOne, 'id' | 'block'>;
const COPY = 'the journal is a copy: requests of before that have no result here are held back';

describe('a node from an older backup', function () {
  this.timeout(600_000);
  const operated = operatedNode();
  const { file, fund } = operated;
  let devnet: Devnet;
  let node: RoleProcess;
  let hot: string;

  before(async () => {
    ({ devnet, hot } = await operated.make('node'));
  });
  afterEach(() => node?.end('SIGKILL'));
  after(async () => {
    await node?.end('SIGKILL');
    await operated.end();
  });

  const start = async (folder: string) => {
    node = new RoleProcess('node', { OPG_CONFIG: file(`${folder}/config.json`) });
    await eventually('it has started', () => node.count('node started') > 0, 180_000).catch((error: Error) => {
      throw new Error(`${error.message}\n${node.said().slice(-2_000)}`);
    });
  };
  const ask = () =>
    request(
      devnet.requester,
      { version: devnet.version, node: devnet.node.address, fee: 10n * OPG, deadlineSeconds: 3_600 },
      vectors.vectors[0]?.inputs ?? {},
    );
  const submissions = async ({ id, block }: Asked) =>
    (await devnet.requester.requests.queryFilter(devnet.requester.requests.filters.Submitted(id), block)).length;
  const stateOf = async (asked: Asked) => (await findRequest(devnet.requester, asked)).row.state;
  const submitted = (asked: Asked) =>
    eventually('it is submitted', async () => ['Submitted', 'Final'].includes(await stateOf(asked)), 120_000);
  const mining = async (on: boolean) => {
    await devnet.anvil.send('evm_setAutomine', on);
    await devnet.anvil.send('evm_setIntervalMining', on ? 1 : 0);
  };
  const isPending = async (address: string) => {
    const { pending } = await devnet.anvil.send<{ pending: Record<string, object> }>('txpool_content');
    return Object.keys(pending).some((one) => one.toLowerCase() === address.toLowerCase());
  };
  const held = async () => {
    const text = await (await fetch(`${(await node.says('node started'))['url']}/metrics`)).text();
    return Number(/^worker_serve_held (\d+)/m.exec(text)?.[1]);
  };
  const stage = async ({ id }: Asked) => {
    const answer = await fetch(`${(await node.says('node started'))['url']}/v1/requests/${id}`);
    return ((await answer.json()) as { stage?: string }).stage;
  };
  const executed = ({ id }: Asked) =>
    node.lines.filter((line) => line.message === 'request executed' && line['requestId'] === id).length;

  /** The node is killed when its result of a request is in the pool, and in no block. */
  async function killedWithResultPending(): Promise<Asked> {
    await mining(false);
    const { requests } = devnet.requester;
    const next = (await devnet.anvil.provider.getBlockNumber()) + 1;
    // Who asks is told when there are blocks again: the library may have missed the only one.
    ask().catch(() => {});
    // A block for the request and none after it, so that no result is in one.
    const event = await eventually(
      'the request is in a block',
      async () => {
        if (await isPending(devnet.requester.address)) await devnet.anvil.mine();
        // From the newest block on: nodes refuse to look into those that are still to come.
        const asked = await requests.queryFilter(requests.filters.Requested(), next - 1);
        return asked.find(({ blockNumber }) => blockNumber >= next);
      },
      180_000,
    );
    const id = event.args.id as AskedOne['id'];
    const asked = { id, block: event.blockNumber };
    const sent = () =>
      node.lines.some(({ message, ...line }) => message === 'a result was sent' && line['requestId'] === id);
    await eventually('the result is in the pool', sent, 120_000);
    await node.end('SIGKILL');
    expect(await submissions(asked)).to.equal(0);
    return asked;
  }

  /** The folder of the node as it was last. */
  let latest: string | undefined;
  const lived = async (): Promise<string> => {
    if (latest !== undefined) return latest;
    await start('node');
    await submitted(await ask());
    expect(await node.end('SIGTERM')).to.equal(0);
    return 'node';
  };

  faultStory('restored-copy-result-pending', async ({ saw }) => {
    await start('node');
    const first = await ask();
    await submitted(first);
    const running = await say('node', 'backup', file('node'), '--to', file('backup'));
    expect([running.code, running.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 1 && /sql\.locked/.test(err),
    );
    expect(await node.end('SIGTERM')).to.equal(0);
    await told('node', 'backup', file('node'), '--to', file('backup'));
    await start('node');
    const forgotten = await killedWithResultPending();

    const onto = await say('node', 'restore', file('backup'), '--to', file('node'));
    expect([onto.code, onto.err]).to.satisfy(
      ([code, err]: [number, string]) => code === 2 && /may be newer than the backup/.test(err),
    );
    await told('node', 'restore', file('backup'), '--to', file('again'));
    await start('again');
    expect(node.count(COPY)).to.equal(1);
    await eventually('it is held back', async () => (await held()) === 1, 120_000);
    expect(await stage(forgotten)).to.equal('admitted');
    await mining(true);
    await eventually(
      'the chain shows the forgotten result',
      async () => (await stage(forgotten)) === 'submitted',
      30_000,
    );
    const later = await ask();
    await submitted(later);
    expect([executed(forgotten), executed(later)]).to.deep.equal([0, 1]);
    for (const asked of [first, forgotten, later]) expect(await submissions(asked)).to.equal(1);
    expect(await node.end('SIGTERM')).to.equal(0);
    latest = 'again';
    saw('3 requests, 3 submissions, none computed twice');
  });

  faultStory('restored-copy-result-dropped', async ({ saw }) => {
    const folder = await lived();
    await told('node', 'backup', file(folder), '--to', file('backup-2'));
    await start(folder);
    const forgotten = await killedWithResultPending();
    await devnet.anvil.send('anvil_dropAllTransactions');
    await mining(true);
    await told('node', 'restore', file('backup-2'), '--to', file('third'));

    const { hotKey, oldKey } = await told<{ hotKey: string; oldKey: string }>('node', 'rotate', file('third'));
    expect(oldKey.toLowerCase()).to.equal(hot.toLowerCase());
    await fund(hotKey);
    await start('third');
    await eventually('it is held back', async () => (await held()) === 1, 120_000);
    expect(await submissions(forgotten)).to.equal(0);
    await told('node', 'revoke', oldKey);
    await submitted(forgotten);
    expect([executed(forgotten), await submissions(forgotten)]).to.deep.equal([1, 1]);
    expect(await held()).to.equal(0);
    expect(await devnet.anvil.send('eth_getTransactionCount', hotKey, 'latest')).to.not.equal('0x0');
    // Started again it is an ordinary node.
    expect(await node.end('SIGTERM')).to.equal(0);
    await start('third');
    expect(node.count(COPY)).to.equal(0);
    saw('served once, by the key that replaced the revoked one');
  });
});
