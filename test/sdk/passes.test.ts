// Passes, splitters and sales through the SDK, on a deployed system.
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { ZERO_ADDRESS } from '#core/hex.ts';
import { toModelId } from '#core/protocol/ids.ts';
import { IModelRegistry__factory, ModelRegistry__factory } from '#types';
import type { Address } from '../../core/hex.ts';
import {
  acceptModel,
  balanceOf,
  buyPass,
  claimRoyalty,
  collectPasses,
  createSplitter,
  dueOf,
  finalise,
  managedBySplitter,
  modelOfferOf,
  offerModel,
  passOf,
  passOfferOf,
  payShare,
  refundPass,
  request,
  retire,
  revokePass,
  setPassOffer,
  setPolicy,
  splitOf,
  takeOffer,
} from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { rejectsLater } from '../support/rejects.ts';
import type { System } from './system.ts';
import { OPG, picture, probabilities, ROYALTY, startSystem, submit } from './system.ts';

const DAY = 86_400;
const OFFER = { price: 5n * OPG, period: 30 * DAY, uses: 0 };

describe('passes, splitters and sales', function () {
  this.timeout(120_000);
  let system: System;
  let passPolicy: Address;
  beforeEach(async () => {
    system = await startSystem();
    passPolicy = system.deployment.addresses.passPolicy as Address;
  });

  const ask = () => request(system.requester, { version: system.version, node: system.node.address }, picture(1));
  const selling = async (offer = OFFER) => {
    await setPolicy(system.owner, system.version, passPolicy);
    await setPassOffer(system.owner, system.version, offer);
  };
  const free = async ({ address }: { address: Address }) => (await balanceOf(system.net, address)).available;

  it('lets who bought a pass ask, and says of each refusal what it is', async () => {
    const { requester, owner, version, net } = system;
    await selling();
    await rejectsLater('Models_AccessDenied', ask());
    const wanted = await passOfferOf(net, version);
    expect(wanted).to.deep.equal(OFFER);
    await buyPass(requester, version, { wanted });
    const { until, left, admits } = await passOf(net, version, requester.address);
    const { timestamp = 0 } = (await net.provider.getBlock('latest')) ?? {};
    expect({ until, left, admits }).to.deep.equal({ until: timestamp + OFFER.period, left: undefined, admits: true });
    await ask();

    await setPassOffer(owner, version, { ...OFFER, price: OFFER.price + 1n });
    const { payload } = await rejectsLater('Passes_OfferChanged', buyPass(requester, version, { wanted }));
    expect(payload).to.deep.equal({ version, price: OFFER.price + 1n, period: BigInt(OFFER.period), uses: 0n });
    await rejectsLater('Passes_StillServed', refundPass(requester, version));
    await rejectsLater('Policies_NotOwner', setPassOffer(requester, version, OFFER));
  });

  it('counts uses, collects what is earned, and gives back what is not', async () => {
    const { requester, owner, keeper, version, net, pass } = system;
    await selling({ ...OFFER, uses: 2 });
    await buyPass(requester, version, { holder: requester.address });
    await ask();
    expect((await passOf(net, version, requester.address)).left).to.equal(1n);
    await ask();
    expect(await passOf(net, version, requester.address)).to.deep.include({ left: 0n, admits: false });
    const before = await free(owner);
    await collectPasses(keeper, version, [requester.address]);
    expect((await free(owner)) - before).to.equal(OFFER.price);

    await buyPass(requester, version);
    await pass(10 * DAY);
    await retire(owner, version);
    const mine = await free(requester);
    const { unearned } = await passOf(net, version, requester.address);
    await refundPass(keeper, version, requester.address);
    const back = (await free(requester)) - mine;
    expect(back <= unearned && back > (unearned * 99n) / 100n, `${back} of ${unearned}`).to.equal(true);
    await rejectsLater('Passes_NoPass', revokePass(owner, version, requester.address));
  });

  it('shares a royalty, through a splitter that its manager runs', async () => {
    const { requester, node, owner, keeper, version, net, pass } = system;
    const shares = [
      { payee: keeper.address, basisPoints: 2500 },
      { payee: owner.address, basisPoints: 7500 },
    ];
    const { splitter } = await createSplitter(owner, shares);
    expect(await splitOf(net, splitter)).to.deep.equal(shares);
    const model = toModelId(1n);
    const tokens = ModelRegistry__factory.connect(system.deployment.addresses.models, net.provider);
    await transact(owner, await tokens.transferFrom.populateTransaction(owner.address, splitter, model));

    const asked = await ask();
    await submit(node, asked, [probabilities(3)]);
    await pass(DAY);
    await finalise(node, asked);
    expect(await dueOf(net, splitter, keeper.address)).to.equal(0n);
    await claimRoyalty(keeper, model);
    expect(await dueOf(net, splitter, keeper.address)).to.equal(ROYALTY / 4n);
    const held = await net.token.balanceOf(keeper.address);
    await payShare(requester, splitter, keeper.address);
    expect((await net.token.balanceOf(keeper.address)) - held).to.equal(ROYALTY / 4n);
    await rejectsLater('Splitter_NothingDue', payShare(keeper, splitter));

    const registry = IModelRegistry__factory.createInterface();
    const models = system.deployment.addresses.models as Address;
    await managedBySplitter(owner, splitter, models, registry.encodeFunctionData('setRoyalty', [version, 0n]));
    const data = tokens.interface.encodeFunctionData('transferFrom', [splitter, owner.address, model]);
    await rejectsLater('Splitter_NotManaged', managedBySplitter(owner, splitter, models, data));
  });

  it('hands a model over for a price, in two steps', async () => {
    const { requester, owner, keeper, net } = system;
    const model = toModelId(1n);
    await rejectsLater('Sale_NotOffered', acceptModel(requester, model, OPG));
    await offerModel(owner, model, { buyer: requester.address, price: OPG });
    expect(await modelOfferOf(net, model)).to.deep.include({
      seller: owner.address,
      buyer: requester.address,
      price: OPG,
    });
    await rejectsLater('Sale_NotForYou', acceptModel(keeper, model, OPG));
    await rejectsLater('Sale_PriceAbove', acceptModel(requester, model, OPG - 1n));
    await takeOffer(owner, model);
    expect(await modelOfferOf(net, model)).to.equal(undefined);
    await offerModel(owner, model, { price: OPG });
    expect((await modelOfferOf(net, model))?.buyer).to.equal(ZERO_ADDRESS);
    const before = await free(owner);
    await acceptModel(requester, model, OPG);
    expect((await free(owner)) - before).to.equal(OPG);
    expect(await net.models.ownerOfModel(model)).to.equal(await requester.signer.getAddress());
  });

  it('says which part a deployment is without', async () => {
    const { requester, version, net } = system;
    const { passPolicy: _, splitterFactory: __, modelSale: ___, ...addresses } = system.deployment.addresses;
    const without = { ...net, deployment: { ...system.deployment, addresses } };
    await rejectsLater('deployment.without', passOfferOf(without, version));
    await rejectsLater('deployment.without', createSplitter({ ...requester, ...without }, []));
    await rejectsLater('deployment.without', modelOfferOf(without, toModelId(1n)));
  });

  it('does what the example of docs/contracts/Policies.md does, line by line', async () => {
    const shown = /```ts\n([\s\S]*?)```/.exec(readFileSync('docs/contracts/Policies.md', 'utf8'))?.[1] ?? '';
    const { owner, version, net: network, requester: me } = system;
    const [head = '', ...body] = shown.split('\n\n');
    const names = [...(/\{([^}]*)\}/.exec(head)?.[1] ?? '').matchAll(/\w+/g)].map(([name]) => name);
    const sdk: Record<string, unknown> = { buyPass, passOf, passOfferOf, setPassOffer, setPolicy };
    expect(Object.keys(sdk)).to.include.members(names);
    const scope: Record<string, unknown> = { ...sdk, owner, version, passPolicy, network, me };
    const AsyncFunction = (async () => {}).constructor as new (
      ...text: string[]
    ) => (...values: unknown[]) => Promise<{ until: number; admits: boolean }>;
    const run = new AsyncFunction(...Object.keys(scope), `${body.join('\n')}\nreturn { until, admits };`);
    expect((await run(...Object.values(scope))).admits).to.equal(true);
  });
});
