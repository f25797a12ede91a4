import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { placeEmptyJournal } from '../../../scripts/demo/journalTemplate.ts';
import { type AskedOne, findRequest, request } from '../../../sdk/index.ts';
import { KEYS } from '../../support/anvil.ts';
import { type Devnet, startDevnet, vectors } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { RoleProcess } from '../../support/process.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const OPG = 10n ** 18n;

describe('a node and a keeper as processes', () => {
  const home = temporaryFolder('opg-process');
  const file = (name: string) => path.join(home, name);
  let devnet: Devnet;
  let environment: Readonly<Record<string, string>>;
  const running: RoleProcess[] = [];

  before(async function () {
    this.timeout(120_000);
    devnet = await startDevnet(home);
    writeFileSync(file('deployment.json'), JSON.stringify(devnet.deployment));
    for (const role of ['node', 'keeper']) await placeEmptyJournal(path.join(file(role), 'journal'));
    for (const key of [1, 3]) writeFileSync(file(`key${key}`), KEYS[key] as string, { mode: 0o600 });
    environment = {
      OPG_RPC_URL: devnet.anvil.url,
      OPG_DEPLOYMENT: file('deployment.json'),
      OPG_FINALITY: '2',
      OPG_POLL_MS: '50',
      OPG_MODEL_DIRECTORY: home,
    };
  });
  after(async () => {
    for (const role of running) await role.end('SIGKILL');
    await devnet?.anvil.stop();
  });

  const start = (role: string, name: string, key: number) => {
    const started = new RoleProcess(role, {
      ...environment,
      OPG_DATA_DIR: file(name),
      OPG_KEY_FILE: file(`key${key}`),
    });
    running.push(started);
    return started;
  };
  const ask = (change: { node?: typeof devnet.node.address; deadlineSeconds?: number } = {}) =>
    request(
      devnet.requester,
      { version: devnet.version, node: devnet.node.address, fee: 10n * OPG, ...change },
      vectors.vectors[0]?.inputs ?? {},
    );
  const stateOf = async (asked: AskedOne) => (await findRequest(devnet.requester, asked)).row.state;
  const all =
    (asked: readonly AskedOne[], ...states: readonly string[]) =>
    async () =>
      (await Promise.all(asked.map(stateOf))).every((found) => states.includes(found));

  it('loses nothing when it is killed in the middle of its work', async () => {
    const asked: AskedOne[] = [];
    let node = start('node', 'node', 1);
    await node.says('node started');
    for (const message of ['a request moved', 'request executed', 'a result was sent']) {
      const seen = node.count(message);
      for (let i = 0; i < 3; i++) asked.push(await ask());
      await eventually(message, () => node.count(message) > seen);
      await node.end('SIGKILL');
      node = start('node', 'node', 1);
      await node.says('node started');
    }
    // On a slow machine the first are final before the last is executed.
    await eventually('every request is submitted', all(asked, 'Submitted', 'Final'));
    await devnet.anvil.send('evm_increaseTime', 60);
    await eventually('every request is finalised', all(asked, 'Final'));
    // findRequest reduces the events of each request: a second submission or ending would have thrown.
    const { url } = await node.says('node started');
    const first = asked[0] as AskedOne;
    const told = await eventually('the node tells that it is settled', async () => {
      const answer = await fetch(`${url}/v1/requests/${first.id}`);
      const body = (await answer.json()) as { stage: string };
      return body.stage === 'settled' && body;
    });
    expect(told).to.include({ id: first.id, stage: 'settled' });
    const output = await fetch(`${url}/v1/outputs/${first.id}`);
    expect((await output.arrayBuffer()).byteLength).to.be.greaterThan(0);
    expect((await fetch(`${url}/healthz`)).status).to.equal(200);
    expect(await node.end('SIGTERM')).to.equal(0);
  }).timeout(240_000);

  it('returns the fee of a request that its node never answered', async () => {
    const keeper = start('keeper', 'keeper', 3);
    await keeper.says('keeper started');
    const asked = await ask({ node: devnet.requester.address, deadlineSeconds: 30 });
    await devnet.anvil.send('evm_increaseTime', 60);
    await eventually('the request is expired', all([asked], 'Expired'));
    expect(await keeper.end('SIGTERM')).to.equal(0);
  }).timeout(120_000);
});
