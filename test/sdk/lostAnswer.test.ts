/** Transactions over an endpoint that loses answers: nobody pays twice, and nobody waits for ever. */
import { expect } from 'chai';
import { JsonRpcProvider, type TransactionReceipt, Wallet } from 'ethers';
import { encodeItems } from '#core/commitment/canonical.ts';
import { toHex, ZERO_ADDRESS } from '#core/hex.ts';
import type { RequestId } from '#core/protocol/ids.ts';
import { itemFrom, type NamedTensors } from '#core/protocol/rows.ts';
import { packTerms } from '#core/protocol/terms.ts';
import {
  type Account,
  type Asked,
  actAs,
  balanceOf,
  connect,
  describeVersion,
  findRequest,
  infer,
  type PlainInput,
  request,
  startInference,
} from '../../sdk/index.ts';
import { transact } from '../../sdk/transact.ts';
import { CHAIN_ID, KEYS } from '../support/anvil.ts';
import { type Devnet, startDevnet, vectors } from '../support/devnet.ts';
import { eventually } from '../support/eventually.ts';
import { rejectsLater } from '../support/rejects.ts';
import type { RpcFault } from '../support/rpc/faults.ts';
import { Proxies } from '../support/rpc/proxies.ts';
import { temporaryFolder } from '../support/temporary.ts';

const STRANGER = '0x00000000000000000000000000000000000000aa';
const RAW = 'eth_sendRawTransaction';

describe('an endpoint that loses answers', function () {
  this.timeout(120_000);
  let devnet: Devnet;
  let proxies: Proxies;
  let through: JsonRpcProvider;
  /** Asks through the proxy, and gives up soon. */
  let requester: Account;

  before(async () => {
    devnet = await startDevnet(temporaryFolder('opg-lost'));
    proxies = await Proxies.start(devnet.anvil.url, 1, 5);
    through = new JsonRpcProvider(proxies.urls[0], CHAIN_ID, {
      staticNetwork: true,
      batchMaxCount: 1,
      cacheTimeout: -1,
    });
    requester = await account(20_000);
    const owner = await actAs(devnet.requester, devnet.anvil.wallet(0));
    await transact(owner, await owner.token.transfer.populateTransaction(requester.address, 100n));
  });
  after(async () => {
    through?.destroy();
    await proxies?.stop();
    await devnet?.anvil.stop();
  });
  afterEach(() => proxies.order(0));

  async function account(patienceMs: number): Promise<Account> {
    const net = await connect({ provider: through, deployment: devnet.deployment, pollMs: 20, patienceMs });
    return await actAs(net, new Wallet(KEYS[2]));
  }
  const fault = (...faults: RpcFault[]) => proxies.order(0, ...faults);
  const injected = async (...next: RpcFault[]) => Object.keys((await proxies.order(0, ...next)).injected);
  const send = async (from: Account) =>
    await transact(from, await from.token.transfer.populateTransaction(STRANGER, 1n));
  const received = () => devnet.requester.token.balanceOf(STRANGER);
  const count = () => devnet.anvil.provider.getTransactionCount(requester.address);
  const receiptOf = (hash: unknown): Promise<TransactionReceipt | null> =>
    devnet.anvil.provider.getTransactionReceipt(String(hash));

  it('should pay once for a request whose broadcast was taken and not answered', async () => {
    const before = await balanceOf(devnet.requester, requester.address);
    await fault({ kind: 'drop', after: true, methods: [RAW] });
    const { version, node } = devnet;
    const input = vectors.vectors[0]?.inputs as NamedTensors;
    const { terms } = await request(requester, { version, node: node.address }, input);
    expect(await injected()).to.deep.equal(['drop']);
    const after = await balanceOf(devnet.requester, requester.address);
    expect([before.available - after.available, after.nonce - before.nonce]).to.deep.equal([terms.fee, 1n]);
  });

  it('should send the same bytes again until the endpoint takes them', async () => {
    const [before, used] = [await received(), await count()];
    await fault({ kind: 'drop', methods: [RAW] });
    const sending = send(requester);
    await eventually('a broadcast is lost', async () => (await injected({ kind: 'drop', methods: [RAW] })).length > 0);
    await fault();
    await sending;
    expect([await received(), await count()]).to.deep.equal([before + 1n, used + 1]);
  });

  it('should not take a refusal for one where the transaction is there', async () => {
    const [before, used] = [await received(), await count()];
    await fault({ kind: 'broadcast', message: 'nonce too low: next nonce 9, tx nonce 8', taken: true });
    await send(requester);
    expect([await received(), await count()]).to.deep.equal([before + 1n, used + 1]);
  });

  it('should give the nonce again of what a pool kept out', async () => {
    const [before, used] = [await received(), await count()];
    await fault({ kind: 'broadcast', message: 'insufficient funds for gas * price + value', taken: false });
    await rejectsLater('chain.gas_unfunded', send(requester));
    await fault();
    const { receipt } = await send(requester);
    expect((await devnet.anvil.provider.getTransaction(receipt.hash))?.nonce).to.equal(used);
    expect(await received()).to.equal(before + 1n);
  });

  it('should wait for the receipt through failures, and write nothing on stdout', async () => {
    const log = console.log;
    const written: unknown[] = [];
    console.log = (...words) => void written.push(...words);
    try {
      await fault({
        kind: 'drop',
        share: 0.7,
        methods: ['eth_blockNumber', 'eth_getTransactionReceipt', 'eth_getTransactionByHash'],
      });
      for (let i = 0; i < 5; i++) expect((await send(requester)).receipt.status).to.equal(1);
      expect(await injected()).to.deep.equal(['drop']);
    } finally {
      console.log = log;
    }
    expect(written).to.deep.equal([]);
  });

  it('should tell hash and nonce of what it lost sight of, and let nothing overtake it', async () => {
    const impatient = await account(400);
    const [before, used] = [await received(), await count()];
    await fault({ kind: 'swallow' });
    const { payload, retryable } = await rejectsLater('chain.unsettled', send(impatient));
    expect([payload.nonce, payload.account, retryable]).to.deep.equal([used, requester.address, false]);
    expect(await receiptOf(payload.hash)).to.equal(null);

    expect((await rejectsLater('chain.unavailable', send(impatient))).payload.reason).to.contain(payload.hash);
    await fault();
    await send(impatient);
    expect((await receiptOf(payload.hash))?.status).to.equal(1);
    expect([await received(), await count()]).to.deep.equal([before + 2n, used + 2]);
  });

  it('should give up on an endpoint that does not come back', async () => {
    const impatient = await account(400);
    const before = await received();
    await fault({ kind: 'drop', after: true, methods: [RAW, 'eth_getTransactionReceipt'] });
    const { payload } = await rejectsLater('chain.unsettled', send(impatient));
    expect((await receiptOf(payload.hash))?.status).to.equal(1);
    expect(await received()).to.equal(before + 1n);
  });

  describe('about a request that is paid for', () => {
    const asking = () => ({ model: devnet.version, node: devnet.node.address, unverified: true, pollMs: 20 });
    const [vector] = vectors.vectors;
    const input = vector?.inputs as PlainInput;
    const answered = async ({ terms, nonce }: Asked) => {
      const { schema, hashes } = await describeVersion(devnet.node, devnet.version);
      const output = encodeItems(schema.outputs, [itemFrom(schema.outputs, vector?.outputs as NamedTensors)]);
      const headers = [...hashes.outputHeaders];
      const { requests } = devnet.node;
      const call = requests.submit.populateTransaction(packTerms(terms), nonce, ZERO_ADDRESS, headers, toHex(output));
      await transact(devnet.node, await call);
    };

    it('should wait for the result through failures, and while the endpoint is behind', async () => {
      const handle = await startInference(requester, asking(), input);
      let submitted: Promise<void> | undefined;
      for (const away of [
        { kind: 'omitLogs' },
        { kind: 'drop', methods: ['eth_getLogs'] },
        { kind: 'drop', methods: ['eth_blockNumber'] },
      ] as const) {
        await fault(away);
        const waiting = handle.result({ pollMs: 20 });
        await eventually('a look fails', async () => (await injected(away)).length > 0);
        await fault();
        submitted ??= answered(handle);
        await submitted;
        expect((await waiting).items).to.have.length(1);
      }
    });

    it('should name the request when the chain stays silent', async () => {
      const impatient = await account(400);
      const handle = await startInference(impatient, asking(), input);
      await fault({ kind: 'drop', methods: ['eth_getLogs'] });
      const { payload, retryable } = await rejectsLater('result.unavailable', handle.result({ pollMs: 20 }));
      expect([payload.id, retryable]).to.deep.equal([handle.id, true]);
    });

    it('should not be taken for something to ask again', async () => {
      const impatient = await account(400);
      const { nonce } = await balanceOf(devnet.requester, requester.address);
      // Versions and offers are known by now: only the looks for the result read logs.
      await fault({ kind: 'drop', methods: ['eth_getLogs'] });
      const { payload, retryable } = await rejectsLater('request.unfollowed', infer(impatient, asking(), input));
      await fault();
      expect((await balanceOf(devnet.requester, requester.address)).nonce).to.equal(nonce + 1n);
      const { row } = await findRequest(devnet.requester, { id: payload.id as RequestId });
      expect([row.state, retryable]).to.deep.equal(['Requested', false]);
    });

    it('should name it to whoever stops waiting', async () => {
      const stop = new AbortController();
      const asked = infer(requester, { ...asking(), signal: stop.signal }, input);
      const topics = requester.requests.filters.Requested();
      const { block } = devnet.deployment;
      const { length } = await devnet.requester.requests.queryFilter(topics, block);
      await eventually('it is asked', async () => {
        return (await devnet.requester.requests.queryFilter(topics, block)).length > length;
      });
      stop.abort(new Error('enough'));
      const { payload, cause } = await rejectsLater('request.unfollowed', asked);
      expect(cause).to.equal(stop.signal.reason);
      expect((await findRequest(requester, { id: payload.id as RequestId })).row.state).to.equal('Requested');
    });
  });

  describe('and a signer that sends by itself', () => {
    const unlocked = async () =>
      await actAs(await account(20_000), await through.getSigner(devnet.anvil.wallet(2).address));

    it('should send, and wait through failures', async () => {
      const from = await unlocked();
      const before = await received();
      await fault({ kind: 'drop', share: 0.5, methods: ['eth_blockNumber', 'eth_getTransactionReceipt'] });
      await send(from);
      expect(await received()).to.equal(before + 1n);
    });

    it('should not be told to try again when its answer is lost', async () => {
      const from = await unlocked();
      const [before, used] = [await received(), await count()];
      await fault({ kind: 'drop', after: true, methods: ['eth_sendTransaction'] });
      const { payload, retryable } = await rejectsLater('chain.unsettled', send(from));
      expect([payload.hash, payload.nonce, retryable]).to.deep.equal(['unknown', used, false]);
      await eventually('it is mined', async () => (await received()) === before + 1n);
    });
  });
});
