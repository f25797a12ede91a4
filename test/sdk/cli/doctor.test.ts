import { expect } from 'chai';
import type { ChainSettings } from '../../../sdk/cli/doctor/chain.ts';
import { lookAtChain } from '../../../sdk/cli/doctor/chain.ts';
import { runtimeFinding } from '../../../sdk/cli/doctor/machine.ts';
import type { Deployment } from '../../../sdk/deployment.ts';
import { addsNarrowly } from '../../../workers/adapters/onnx/narrowSums.ts';
import { Anvil, CHAIN_ID } from '../../support/anvil.ts';
import { Proxies } from '../../support/rpc/proxies.ts';

const NOWHERE = `0x${'0'.repeat(38)}01`;

describe('the doctor before ONNX Runtime', () => {
  it('finds that it runs, and warns only where sums of bytes may be wrong and a version goes unchecked', async () => {
    const isNarrow = await addsNarrowly();
    const checked = await runtimeFinding([]);
    expect(checked.state).to.equal('ok');
    expect(checked.found.includes('VNNI')).to.equal(isNarrow);
    expect((await runtimeFinding([NOWHERE])).state).to.equal(isNarrow ? 'warning' : 'ok');
  });

  it('says on a processor of either kind what it means', async () => {
    const runs = 'ONNX Runtime loads and runs a model';
    expect(await runtimeFinding([NOWHERE], false)).to.include({ state: 'ok', found: runs });
    const checked = await runtimeFinding([], true);
    expect(checked.state).to.equal('ok');
    expect(checked.found).to.match(/^ONNX Runtime loads and runs a model; without VNNI .*, which the check notices$/);
    const { state, found, remedy } = await runtimeFinding([NOWHERE], true);
    expect(state).to.equal('warning');
    expect(found).to.match(/without VNNI it may stop sums of uint8 and int8 at 2\^15$/);
    expect(remedy).to.contain('reference.unchecked');
  });
});

describe('the doctor before the chain nodes of a configuration', () => {
  let anvil: Anvil;
  let proxies: Proxies;
  before(async () => {
    anvil = await Anvil.start('--no-mining');
    await anvil.mine(20);
    proxies = await Proxies.start(anvil.url, 3, 1);
  });
  after(async () => {
    await proxies?.stop();
    await anvil?.stop();
  });
  afterEach(async () => {
    for (const at of [0, 1, 2]) await proxies.order(at);
  });

  const look = (count: number, agreement: number, finality: ChainSettings['finality'] = { kind: 'depth', blocks: 2 }) =>
    lookAtChain({ rpcUrls: proxies.urls.slice(0, count), agreement, finality }, {
      chainId: CHAIN_ID,
      addresses: { requests: NOWHERE },
    } as unknown as Deployment);
  const notWell = ({ findings }: Awaited<ReturnType<typeof look>>) =>
    findings.filter(({ state }) => state !== 'ok').map(({ state, found }) => `${state} ${found}`);

  it('looks at each, and is content with those that are well', async () => {
    const { findings, usable } = await look(3, 2);
    expect(findings.filter(({ state }) => state !== 'ok')).to.deep.equal([]);
    expect(usable).to.equal(proxies.urls[0]);
    for (const url of proxies.urls)
      expect(findings.some(({ found }) => found.startsWith(`${url}: chain`))).to.equal(true);
    expect(findings.at(-2)?.found).to.equal('3 of 3 chain nodes can be used, 2 must agree');
  });

  it('names the one that is away and the one that is behind, and goes on with another', async () => {
    await proxies.order(0, { kind: 'drop' });
    await proxies.order(1, { kind: 'stale', blocks: 5 });
    const chain = await look(3, 2);
    expect(chain.usable).to.equal(proxies.urls[2]);
    const [away, behind, few] = notWell(chain);
    expect(away).to.match(new RegExp(`^warning ${proxies.urls[0]}: rpc\\.`));
    expect(behind).to.equal(`warning ${proxies.urls[1]}: 5 blocks behind the newest of the others`);
    expect(few).to.equal('warning 2 of 3 chain nodes can be used, 2 must agree');
  });

  it('says when too few are left to agree', async () => {
    await proxies.order(0, { kind: 'drop' });
    await proxies.order(1, { kind: 'status', status: 500 });
    expect(notWell(await look(3, 2)).at(-1)).to.equal('bad 1 of 3 chain nodes can be used, 2 must agree');
  });

  it('says what an only one cannot do, and that it is of another chain', async () => {
    await proxies.order(0, { kind: 'ranges', blocks: 7 }, { kind: 'noFinalized' });
    const [logs, tag] = notWell(await look(1, 1, { kind: 'tag' }));
    expect(logs).to.match(/^bad eth_getLogs over 1000 blocks: /);
    expect(tag).to.match(/^bad the tag "finalized" is not served: /);
    const other = await Anvil.start('--chain-id', '8453');
    try {
      await proxies.order(0, { kind: 'otherChain', url: other.url });
      const chain = await look(1, 1);
      expect(chain.usable).to.equal(undefined);
      expect(notWell(chain)).to.have.length(1);
      expect(notWell(chain)[0]).to.match(/^bad chain\.wrong_id/);
    } finally {
      await other.stop();
    }
  });
});
