import { expect } from 'chai';
import { ethers, networkHelpers, published, word } from './fixture.ts';

const { loadFixture } = networkHelpers;

const ANSWERS = [
  'Yes',
  'No',
  'Two',
  'Bytes31',
  'Bytes33',
  'Nothing',
  'Reverts',
  'RevertsWithYes',
  'BurnsGas',
  'Bomb',
  'ChangesState',
  'YesIfGas',
] as const;
const number = (answer: (typeof ANSWERS)[number]) => BigInt(ANSWERS.indexOf(answer));

/** The largest of 1..2^17 for which `enough` holds. */
async function mostGas(enough: (gas: bigint) => Promise<boolean>): Promise<bigint> {
  let [low, high] = [1n, 1n << 17n];
  while (high - low > 1n) {
    const middle = (low + high) / 2n;
    if (await enough(middle)) low = middle;
    else high = middle;
  }
  return low;
}

async function guarded() {
  const all = await published();
  const policy = await ethers.deployContract('HostilePolicy', [number('Yes')]);
  await all.models.setPolicy(all.version, policy);
  const ask = (gasLimit = 1_000_000n) =>
    all.models.requireAccess.staticCall(all.version, all.stranger, '0x', { gasLimit });
  return { ...all, policy, ask };
}

describe('ModelRegistry.requireAccess', () => {
  it('without a policy, everybody may', async () => {
    const { models, version, stranger } = await loadFixture(published);
    await models.requireAccess(version, stranger, '0x');
  });

  it('given the version is unknown, it should revert', async () => {
    const { models, stranger } = await loadFixture(published);
    await expect(models.requireAccess(word('99'), stranger, '0x'))
      .to.be.revertedWithCustomError(models, 'Models_Unknown')
      .withArgs(word('99'));
  });

  it('given the policy says yes, it passes', async () => {
    const { ask } = await loadFixture(guarded);
    await ask();
  });

  for (const answer of ANSWERS.slice(1, -1))
    it(`given the policy answers "${answer}", access is denied`, async () => {
      const { models, policy, version, stranger, ask } = await loadFixture(guarded);
      await policy.set(number(answer), 0n);
      await expect(ask())
        .to.be.revertedWithCustomError(models, 'Models_AccessDenied')
        .withArgs(version, stranger.address);
      expect(await policy.counter()).to.equal(0n);
    });

  it('given the policy has no code, access is denied', async () => {
    const { models, version, buyer, ask } = await loadFixture(guarded);
    await models.setPolicy(version, buyer);
    await expect(ask()).to.be.revertedWithCustomError(models, 'Models_AccessDenied');
  });

  it('costs at most its 50,000 gas when the policy burns all it gets', async () => {
    const { models, policy, version, stranger } = await loadFixture(guarded);
    const input = models.interface.encodeFunctionData('requireAccess', [version, stranger.address, '0x']);
    const keeper = await ethers.deployContract('HostileKeeper');
    const spent = async (answer: (typeof ANSWERS)[number]) => {
      await policy.set(number(answer), 0n);
      const receipt = await (await keeper.starve(models, 1_000_000n, input, { gasLimit: 2_000_000n })).wait();
      return receipt?.gasUsed ?? 0n;
    };
    const [no, burnt, bomb] = [await spent('No'), await spent('BurnsGas'), await spent('Bomb')];
    expect(burnt - no).to.be.within(40_000n, 50_000n);
    expect(bomb - no).to.be.lessThan(50_000n);
  });

  it('never turns a yes into a no for want of gas: it asks for more gas instead', async () => {
    const { models, policy, ask } = await loadFixture(guarded);
    // A policy that says yes to exactly what the caller owes it: one gas less would show.
    const owed = await mostGas(async (wanted) => {
      await policy.set(number('YesIfGas'), wanted);
      return ask().then(
        () => true,
        () => false,
      );
    });
    expect(owed).to.be.within(49_500n, 50_000n);
    await policy.set(number('YesIfGas'), owed);
    const outcomes = new Set<string>();
    for (let gas = 24_000n; gas <= 90_000n; gas += 250n) {
      const failure = await ask(gas).then(
        () => 'allowed',
        (error: { data?: string; message?: string }) => {
          const data = error.data ?? '0x';
          return data.length > 2 ? (models.interface.parseError(data)?.name ?? data) : 'out of gas';
        },
      );
      outcomes.add(failure);
    }
    expect([...outcomes].sort()).to.deep.equal(['Models_PolicyGas', 'allowed', 'out of gas']);
  });

  it('says how much gas it needs', async () => {
    const { models, ask } = await loadFixture(guarded);
    await expect(ask(60_000n)).to.be.revertedWithCustomError(models, 'Models_PolicyGas').withArgs(52_000n);
  });
});
