/** Fees and bonds of the contract against core's, and the economics script on what is deployed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect } from 'chai';
import { parseEther } from 'ethers';
import { network } from 'hardhat';
import { bondOf } from '#core/challenges/costs.ts';
import { IChallengeGame__factory } from '#types';
import { readProfile } from '../../deploy/parameters/schema.ts';
import { deploySystem } from '../../deploy/system.ts';
import { economics } from '../../scripts/economics/run.ts';

const LOCAL = 'deploy/parameters/local.json';
const WORD = `0x${'0'.repeat(64)}`;
const version = { sha256Hash: WORD, programRoot: WORD, schema: WORD, tolerance: 0n, shape: 0n };

describe('the prices of the challenge game', function () {
  this.timeout(120_000);

  it('are those of core, for every depth and size of step', async () => {
    const connection = await network.create('default');
    const { addresses } = await deploySystem({ connection, parameters: readProfile(LOCAL) });
    const game = IChallengeGame__factory.connect(addresses.game, connection.ethers.provider);
    const gasPrice = await game.gasPrice();
    expect(gasPrice).to.equal(parseEther(readProfile(LOCAL).opgPerGas));
    for (const levels of [0n, 1n, 2n, 5n, 8n])
      for (const largestStep of [0n, 1n, 123_456n, 999_999n, 12_000_000n]) {
        const size = { levels, largestStep };
        const program = { semantics: 1n, operators: 1n, ...size, cost: 1n, inputs: WORD, outputs: WORD, records: WORD };
        const bond = await game.bondOf({ version, program });
        expect(bond, `${levels} levels, a step of ${largestStep} gas`).to.equal(bondOf(size, gasPrice));
      }
    await connection.close();
  });
});

describe('npm run economics', () => {
  const directory = mkdtempSync(path.join(tmpdir(), 'opg-economics-'));
  after(() => rmSync(directory, { recursive: true, force: true }));
  const said: string[] = [];
  const run = (...argv: string[]) => {
    said.length = 0;
    return economics(argv, (text) => said.push(text));
  };

  it('finds the shipped parameter sets safe', async () => {
    expect(await run('check'), said.join('')).to.equal(0);
    expect(said.join('')).to.match(/^local: (\d+) of \1 promises hold\n/);
  });

  it('fails, and says which inequality, for one that is not', async () => {
    const profile = JSON.parse(readFileSync(LOCAL, 'utf8'));
    profile.firstSet.sliceOfFeePercent = 150;
    const file = path.join(directory, 'thin.json');
    writeFileSync(file, JSON.stringify(profile));
    expect(await run('check', '--profile', file)).to.equal(1);
    expect(said.join('')).to.include(
      'UNSAFE thin: cheating for the fee does not pay if every second result is checked: not needed probability of detection 0.571 <= 0.5',
    );
  });

  it('prints every figure as JSON, with amounts in wei', async () => {
    expect(await run('--profile', LOCAL, '--json', '--fee', '20', '--gain', '1')).to.equal(0);
    const { sets, reports } = JSON.parse(said.join(''));
    expect(sets[0].name).to.equal('local');
    expect(reports.map(({ program }: { program: string }) => program)).to.deep.equal([
      'digits-cnn',
      'cheapest dispute',
      'dearest dispute',
    ]);
    expect(reports[0].report.slash.slice).to.equal(parseEther('40').toString());
    expect(reports[0].report.cheating.detectionColluding).to.equal(1 / 21);
  });

  it('warns where gas has become dearer than the parameters say', async () => {
    // 1.6 times the game's price: answers lose a tenth of a gas price per gas, the rest still pays.
    expect(await run('--profile', LOCAL, '--gas-price', '0.016')).to.equal(0);
    const warnings = said.filter((line) => line.startsWith('WARNING'));
    expect(warnings.length).to.equal(3);
    expect(warnings[0]).to.equal(
      'WARNING local, digits-cnn: at 16 gwei of OPG for one gas an answer of all elements loses 0.000500 OPG\n',
    );
  });

  it('refuses a command line it does not understand', async () => {
    expect(await run('chekc')).to.equal(2);
    expect(await run('--feee', '1')).to.equal(2);
    expect(await run('--help')).to.equal(0);
    expect(said.join('')).to.include('--win-share');
  });
});
