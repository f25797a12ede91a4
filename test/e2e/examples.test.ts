import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { transact } from '../../sdk/transact.ts';
import { type E2e, e2e, OPG } from './network.ts';

/** The programs of docs/examples as docs/sdk.md shows them, run as it says. */
describe('the examples of docs/sdk.md', function () {
  this.timeout(120_000);
  let net: E2e;
  let place: string[];
  before(async () => {
    net = await e2e();
    place = [net.local.chain.url, net.addressesFile];
  });

  const page = readFileSync('docs/sdk.md', 'utf8');
  const run = async (name: string, ...argv: string[]): Promise<string> => {
    const { stdout } = await promisify(execFile)(process.execPath, [`docs/examples/${name}`, ...argv]);
    return stdout;
  };

  for (const file of readdirSync('docs/examples'))
    it(`should be ${file} to the letter`, () => {
      expect(page).to.contain(`\`\`\`ts\n${readFileSync(`docs/examples/${file}`, 'utf8')}\`\`\``);
    });

  it('should publish a model, serve it, and ask it', async () => {
    const { accounts, local, faucet, node } = net;
    const key = (party: Parameters<typeof local.keys.fileOf>[0]) => local.keys.fileOf(party);
    const name = 'examples/digits';
    const published = await run('publish.ts', ...place, key('owner'), local.storage.url, 'models/digits-cnn', name);
    expect(published).to.match(/^examples\/digits is version 0x[0-9a-f]{64}, \d+ multiply-adds an item\n@1 \[/);
    await transact(faucet, await faucet.token.transfer.populateTransaction(accounts.node.address, 50n * OPG));
    const offered = await run('serve.ts', ...place, key('node'), node.url, name);
    expect(offered).to.match(new RegExp(`^${accounts.node.address} asks \\d+ wei an item\n$`));
    const answered = await run('ask.ts', ...place, key('requester'), name);
    expect(answered).to.match(
      /^request 0x[0-9a-f]{64} for \d+ wei: it is a \d\nstate Submitted, challengeable until 20/,
    );
  });
});
