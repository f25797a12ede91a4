import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'chai';
import { connect } from '../../sdk/index.ts';
import { rejectsLater } from '../support/rejects.ts';
import { type E2e, e2e } from './network.ts';

interface Record_ {
  chainId: number;
  addresses: Record<string, string>;
}

/** How an addresses file can be another one than is meant, and what that is called. */
const MISTAKES: readonly (readonly [
  what: string,
  code: Parameters<typeof rejectsLater>[0],
  (record: Record_) => void,
])[] = [
  ['of another chain', 'chain.wrong_id', (record) => Object.assign(record, { chainId: 84_532 })],
  [
    'that names another token',
    'chain.wrong_contract',
    ({ addresses }) => Object.assign(addresses, { token: addresses['models'] }),
  ],
  [
    'whose registry is of another deployment',
    'chain.wrong_contract',
    ({ addresses }) => Object.assign(addresses, { models: addresses['nodes'] }),
  ],
];

describe('an addresses file', function () {
  this.timeout(120_000);
  let net: E2e;
  before(async () => {
    net = await e2e();
  });

  for (const [what, code, change] of MISTAKES)
    it(`${what} is refused by SDK and worker alike: ${code}`, async () => {
      const record: Record_ = JSON.parse(readFileSync(net.addressesFile, 'utf8'));
      change(record);
      await rejectsLater(code, connect({ provider: net.local.chain.url, deployment: record }));

      const file = path.join(net.local.directory, 'addresses', 'misplaced.json');
      writeFileSync(file, JSON.stringify(record));
      const keeper = net.local.spare(net, { network: { deployment: file } });
      const said = await keeper.start().then(
        () => 'It started.',
        (error: Error) => error.message,
      );
      expect(said).to.contain(code);
      expect(keeper.exitCode).to.equal(1);
    });

  it('without contracts behind it is refused by the worker: deployment.invalid', async () => {
    const record: Record_ = JSON.parse(readFileSync(net.addressesFile, 'utf8'));
    record.addresses['requests'] = `0x${'12'.repeat(20)}`;
    const file = path.join(net.local.directory, 'addresses', 'misplaced.json');
    writeFileSync(file, JSON.stringify(record));
    const keeper = net.local.spare(net, { network: { deployment: file } });
    const said = await keeper.start().then(
      () => 'It started.',
      (error: Error) => error.message,
    );
    expect(said).to.contain('deployment.invalid');
  });
});
