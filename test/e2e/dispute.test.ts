/** Wrong results and false challenges on a real chain, met by a verifier process that nobody tells anything. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import type { Deployed } from '../../scripts/demo/localNetwork.ts';
import type { Process } from '../../scripts/demo/processes.ts';
import { opg } from '../../sdk/cli/main.ts';
import { type AskedOne, balanceOf } from '../../sdk/index.ts';
import { eventually } from '../support/eventually.ts';
import { DisputedNetwork } from './disputed.ts';

const CLOCKS = { challengeBaseSeconds: 30, challengeWindowSeconds: 6, responseSeconds: 4, checkRateLog2: 50 };

describe('a dispute', function () {
  this.timeout(180_000);
  const network = new DisputedNetwork();
  const { local, model, directory } = network;
  let deployed: Deployed;
  let verifier: Process;
  /** Requests whose disputes are over. */
  const over: { condemned?: AskedOne; refuted?: AskedOne } = {};

  before(async () => {
    await network.start(CLOCKS);
    deployed = network.deployed;
    verifier = local.verifier(deployed);
    await verifier.start();
  });
  after(() => network.stop());

  const told = () => `The verifier says:\n${verifier.tail()}`;

  it('over a wrong result ends with the node slashed and the fee returned', async () => {
    const { requester, cheat } = deployed.accounts;
    const before = await balanceOf(deployed.net, requester.address);
    const staked = (await balanceOf(deployed.net, cheat.address)).stake;
    const asked = await network.answered(network.raised());
    const { requests } = deployed.net;
    await eventually(
      'the request is condemned',
      async () => (await requests.queryFilter(requests.filters.Condemned(asked.id))).length > 0,
      60_000,
    ).catch((error: Error) => expect.fail(`${error.message} ${told()}`));
    const after = await balanceOf(deployed.net, requester.address);
    expect(after.available >= before.available).to.equal(true);
    expect((await balanceOf(deployed.net, cheat.address)).stake).to.equal(staked - asked.terms.slice);
    over.condemned = asked;
  });

  it('does not begin over a right one', async () => {
    const asked = await network.answered(network.reference);
    await eventually('it is checked', async () => {
      const text = await (await fetch(`${verifier.url}/metrics`)).text();
      return /worker_verify_checks_total{outcome="plausible"} 1/.test(text);
    });
    const { requests } = deployed.net;
    expect((await requests.queryFilter(requests.filters.Frozen(asked.id))).length).to.equal(0);
  });

  it('that a liar begins over a right result costs it its bond', async () => {
    const { liar, cheat } = deployed.accounts;
    const process = local.liar(deployed, { operator: 0 });
    await process.start();
    const before = (await balanceOf(deployed.net, liar.address)).available;
    const paid = (await balanceOf(deployed.net, cheat.address)).available;
    const asked = await network.answered(network.reference);
    const game = deployed.game;
    await eventually(
      'the challenge is refuted',
      async () => (await game.queryFilter(game.filters.Refuted(asked.id))).length > 0,
      60_000,
    ).catch((error: Error) => expect.fail(`${error.message} ${told()}\nThe liar says:\n${process.tail()}`));
    const [refuted] = await game.queryFilter(game.filters.Refuted(asked.id));
    expect(refuted?.args.operator).to.equal(0n);
    const { requests } = deployed.net;
    await eventually(
      'the request goes on',
      async () => (await requests.queryFilter(requests.filters.Thawed(asked.id))).length > 0,
    );
    expect((await balanceOf(deployed.net, liar.address)).available < before).to.equal(true);
    expect((await balanceOf(deployed.net, cheat.address)).available > paid).to.equal(true);
    await process.stop();
    over.refuted = asked;
  });

  /** `opg` as a user calls it. */
  async function command(...argv: string[]) {
    let [out, err] = ['', ''];
    const code = await opg(argv, { out: (text) => (out += text), err: (text) => (err += text), interactive: false });
    return { code, out, err };
  }
  const replayed = (asked: AskedOne | undefined, ...more: string[]) =>
    command(
      'dispute',
      'replay',
      ...[String(asked?.id), '--deployment', deployed.addressesFile, '--rpc', local.chain.url, ...more],
    );

  it('is replayed from chain data alone, with the verdict of the chain', async () => {
    const file = path.join(directory, 'refuted.json');
    for (const [asked, loser, state] of [
      [over.condemned, 'node', 'upheld'],
      [over.refuted, 'challenger', 'fallen'],
    ] as const) {
      const { code, out, err } = await replayed(asked, '--json', '--bundle', file);
      const found = JSON.parse(out);
      expect(found.checks.filter(({ holds }: { holds: boolean }) => !holds)).to.deep.equal([]);
      expect([code, err, found.ok, found.executed]).to.deep.equal([0, '', true, true]);
      expect(found.challenges).to.have.length(1);
      expect(found.challenges[0].state).to.equal(state);
      expect(found.challenges[0].verdict).to.include({ loser, chain: loser, agrees: true });
      for (const given of [[], ['--model', fileURLToPath(model.file)]]) {
        const checked = await command('dispute', 'check', file, ...given);
        expect(checked.code, checked.out).to.equal(0);
        expect(checked.out).to.contain(found.digest);
      }
    }
  });

  it('is told with the numbers behind each move', async () => {
    const { out } = await replayed(over.refuted);
    for (const text of [
      'answer',
      'first difference',
      'element 0 of operator 0: Dot',
      'exact ',
      'gives ',
      'claimed ',
      'The chain agrees.',
    ])
      expect(out).to.contain(text);
    const { out: upheld } = await replayed(over.condemned);
    for (const text of ['outside by', 'reference         the same', 'upheld', 'The chain agrees.'])
      expect(upheld).to.contain(text);
  });

  it('fails the check when a bundle was changed, and the replay when it cannot be had', async () => {
    const file = path.join(directory, 'refuted.json');
    const text = readFileSync(file, 'utf8');
    const bundle = JSON.parse(text);
    const [proof] = Object.values(bundle.proofs) as { step: { element: number } }[];
    (proof as NonNullable<typeof proof>).step.element += 1;
    writeFileSync(file, JSON.stringify(bundle));
    const { code, out } = await command('dispute', 'check', file);
    expect(code).to.equal(1);
    expect(out).to.contain('does not hold:').and.contain('NOT that of the file');
    const unknown = await replayed({ ...(over.refuted as AskedOne), id: `0x${'7'.repeat(64)}` as never });
    expect([unknown.code, unknown.err.split(':')[0]]).to.deep.equal([1, 'request.unknown']);
    const mistaken = await command('dispute', 'replay', '0x12', '--deployment', 'x', '--rpc', 'y');
    expect([mistaken.code, mistaken.err]).to.satisfy(
      ([c, e]: [number, string]) => c === 2 && e.includes('64 hex digits'),
    );
  });

  it('over a result of a node with falsified weights ends with the node slashed', async () => {
    const { cheat } = deployed.accounts;
    const node = local.cheat(deployed, { results: ['weight'] });
    await node.start();
    const asked = await network.asked();
    const { requests } = deployed.net;
    await eventually(
      'the request is condemned',
      async () => (await requests.queryFilter(requests.filters.Condemned(asked.id))).length > 0,
      60_000,
    ).catch((error: Error) => expect.fail(`${error.message} ${told()}\nThe cheat says:\n${node.tail()}`));
    const [condemned] = await requests.queryFilter(requests.filters.Condemned(asked.id));
    expect(condemned?.args.node.toLowerCase()).to.equal(cheat.address.toLowerCase());
    await node.stop();
  });
});
