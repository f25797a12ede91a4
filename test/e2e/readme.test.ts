import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { newNode } from '../../sdk/index.ts';
import { command } from '../support/command.ts';
import { type E2e, e2e } from './network.ts';

/** A newcomer types what README shows under "A model of your own", and nothing else. */
describe('the commands of README', function () {
  this.timeout(300_000);
  const { run } = command();
  let net: E2e;
  before(async () => {
    net = await e2e();
    await newNode(net.accounts.node, { endpoint: net.node.url });
  });

  const [, section = ''] =
    /^## A model of your own, asked and answered\n(.*?)^## /ms.exec(readFileSync('README.md', 'utf8')) ?? [];
  const typed = [...section.matchAll(/^opg (.*?)( +#.*)?$/gm)].map(([, line]) => line as string);

  it('should be fewer than ten, with the one that starts the network and the alias', () => {
    expect(section).to.contain('npm start -- --keep').and.contain("alias opg='npm run --silent opg --'");
    expect(typed.length + 2).to.be.within(5, 9);
  });

  it('should lead to a published model of one’s own and an answered request', async () => {
    const { local, addressesFile } = net;
    const here = (word: string): string => {
      const places: Readonly<Record<string, string | undefined>> = {
        RPC_URL: local.chain.url,
        STORE_URL: local.storage.url,
        // None of these commands asks the index.
        INDEXER_URL: 'http://127.0.0.1:9',
        '.data/demo/addresses/31337.json': addressesFile,
        '.data/demo/keys/requester.key': local.keys.fileOf('requester'),
        '.data/demo/keys/node.key': local.keys.fileOf('node'),
      };
      return places[word] ?? word;
    };
    const said: string[] = [];
    for (const line of typed) {
      const { code, out, err } = await run(...line.split(/\s+/).map(here));
      expect(code, `opg ${line}\n${out}${err}`).to.equal(0);
      said.push(out);
    }
    expect(said.at(-1)).to.match(/risk_score/);
  });
});
