import { expect } from 'chai';
import { buildModel, node } from '#core/onnx/build.ts';
import { hashesOf, parseSchema } from '#core/protocol/schema.ts';
import { compile } from '#core/semantics/compile/compile.ts';
import { programRoot } from '#core/semantics/record.ts';
import type { ChainSettings } from '../../../sdk/cli/doctor/chain.ts';
import { lookAtChain } from '../../../sdk/cli/doctor/chain.ts';
import { runtimeFinding } from '../../../sdk/cli/doctor/machine.ts';
import { programFinding } from '../../../sdk/cli/doctor/work.ts';
import type { Deployment } from '../../../sdk/deployment.ts';
import type { Version } from '../../../sdk/version.ts';
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

describe('the doctor before the file of an offered version', () => {
  const onnx = buildModel({
    inputs: { x: ['float32', [4]] },
    outputs: { a: ['float32', [4]], b: ['float32', [4]] },
    nodes: [node('Neg', ['x'], ['a']), node('Abs', ['x'], ['b'])],
  });
  const root = programRoot(compile(onnx));
  const spec = (name: string) => ({ name, dtype: 'float32', shape: [4] });
  function look(root: string, ...outputs: string[]) {
    const schema = parseSchema({ inputs: [spec('x')], outputs: outputs.map(spec) });
    const content = { ...hashesOf(schema), programRoot: root };
    return programFinding({ version: NOWHERE, schema, content } as unknown as Version, onnx);
  }

  it('is content where program and schema are as published, or nothing can be disputed', () => {
    expect(look(root, 'a', 'b')).to.include({ state: 'ok' });
    expect(look(root, 'a', 'b').found).to.match(/hash, program root and schema as published$/);
    expect(look(`0x${'0'.repeat(64)}`, 'b', 'a').found).to.match(/no program: results cannot be disputed$/);
  });

  it('names what is not as published', () => {
    for (const [found, told] of [
      [look(`0x${'7'.repeat(64)}`, 'a', 'b'), /compiles to 0x.*, published was 0x7/],
      [look(root, 'b', 'a'), /: the card's outputs are b .*, a .*, the model's a .*, b /],
      [look(root, 'a'), /: the card's outputs are a float32 \[4\], the model's a .*, b /],
    ] as const) {
      expect(found.state).to.equal('bad');
      expect(found.found).to.match(told);
      expect(found.remedy).to.match(/^take the offer back/);
    }
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
