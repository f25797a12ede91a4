/** What search must find, over any database. */
import { expect } from 'chai';
import { ZERO_ADDRESS } from '#core/hex.ts';
import type { ProtocolEvent } from '#core/protocol/events.ts';
import { toModelId } from '#core/protocol/ids.ts';
import { modelByName, nodes, type SearchQuery, search } from '../../../sdk/index.ts';
import type { HttpServer } from '../../../workers/lifecycle/http.ts';
import type { Index } from '../../support/indexed.ts';
import { rejectsLater } from '../../support/rejects.ts';
import {
  accountOf,
  askedFor,
  modelCreated,
  offered,
  published,
  ScriptedChain,
  serveIndex,
  setAppended,
  versionOf,
} from '../../support/scripted.ts';

const [OWNER, OTHER, CHEAP, DEAR, ASKER] = [1, 2, 0xa, 0xb, 0xc].map(accountOf) as [
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
  ReturnType<typeof accountOf>,
];
const FOR_EVER = 2 ** 40 - 1;
const cards = {
  digits: { task: 'Image classification', description: 'Zählt Ziffern: handwritten digits', tags: ['Vision', 'mnist'] },
  feeling: { task: 'text classification', description: 'happy or sad', tags: ['nlp'] },
  embedder: { task: 'text embedding', description: 'sentences to vectors', tags: ['nlp', 'vision'] },
};

/** ceil(net * 10,000 / 9,400): protocol 5 %, tip 1 %. */
const feeOf = (net: bigint) => (net * 10_000n + 9_399n) / 9_400n;

export function shouldFindModels(open: () => Promise<Index>): void {
  let index: Index;
  let server: HttpServer;
  let chain: ScriptedChain;
  before(async function () {
    this.timeout(300_000);
    index = await open();
    server = await serveIndex(index);
  });
  after(async () => {
    await server?.close(1_000);
    await index?.close();
  });

  const names = async (query: SearchQuery) => (await search(server.url, query)).models.map(({ name }) => name);
  const created: readonly ProtocolEvent[] = [
    modelCreated(1, 'acme', 'digits-cnn', OWNER),
    modelCreated(2, 'acme', 'feeling', OWNER),
    modelCreated(3, 'zeta', 'embedder', OTHER),
    modelCreated(4, 'zeta', 'retired-one', OTHER),
  ];

  beforeEach(async () => {
    await index.clear();
    chain = new ScriptedChain(index);
    await chain.block(100, setAppended(1), { type: 'Deposited', account: ASKER, amount: 10n ** 9n });
    await chain.block(
      110,
      ...created,
      published(1, 1, cards.digits, { royalty: 10n }),
      published(2, 2, cards.feeling),
      published(3, 3, cards.embedder),
      published(4, 4, { task: 'nothing' }),
      { type: 'VersionRetired', version: versionOf(4) },
    );
    await chain.block(
      120,
      offered(DEAR, 1, 90n, FOR_EVER),
      offered(CHEAP, 1, 50n, 1_500),
      offered(CHEAP, 3, 10n, FOR_EVER),
    );
  });

  it('finds words of names, description, task and tags, by their beginnings, in any case and order', async () => {
    const found: readonly (readonly [text: string, wanted: readonly string[]])[] = [
      ['digits', ['acme/digits-cnn']],
      ['CNN digi', ['acme/digits-cnn']],
      ['digits-cnn', ['acme/digits-cnn']],
      ['acme', ['acme/digits-cnn', 'acme/feeling']],
      ['zähl', ['acme/digits-cnn']],
      ['text', ['acme/feeling', 'zeta/embedder']],
      ['text vision', ['zeta/embedder']],
      ['igits', []],
      ['happy digits', []],
      ['retired', ['zeta/retired-one']],
      ['nothing', []],
    ];
    for (const [text, wanted] of found) expect(await names({ text, sort: 'name' }), text).to.deep.equal(wanted);
  });

  it('finds nothing but words in what would be operators, quotes or patterns elsewhere', async () => {
    const found: readonly (readonly [text: string, wanted: readonly string[]])[] = [
      ["' | 'digits", ['acme/digits-cnn']],
      ['!digits', ['acme/digits-cnn']],
      ["digits'; drop table index_model; --", []],
      ['digits:*B', []],
      ['acme & !feeling', ['acme/feeling']],
      ['acme <-> feeling', ['acme/feeling']],
    ];
    for (const [text, wanted] of found) expect(await names({ text }), text).to.deep.equal(wanted);
    for (const text of ['%', '\\', "'", ':*', 'a\0b', ' ']) await rejectsLater('search.refused', names({ text }));
  });

  it('finds by task, tag, owner and namespace, and all of them together', async () => {
    expect(await names({ task: 'classification', sort: 'name' })).to.deep.equal(['acme/digits-cnn', 'acme/feeling']);
    expect(await names({ task: 'image class' })).to.deep.equal(['acme/digits-cnn']);
    expect(await names({ task: 'happy' })).to.deep.equal([]);
    expect(await names({ tag: 'VISION', sort: 'name' })).to.deep.equal(['acme/digits-cnn', 'zeta/embedder']);
    expect(await names({ tag: 'visio' })).to.deep.equal([]);
    expect(await names({ owner: OWNER, sort: 'name' })).to.deep.equal(['acme/digits-cnn', 'acme/feeling']);
    expect(await names({ owner: 'zeta', sort: 'name' })).to.deep.equal(['zeta/embedder', 'zeta/retired-one']);
    expect(await names({ owner: 'zeta', tag: 'vision', text: 'vectors', task: 'embedding' })).to.deep.equal([
      'zeta/embedder',
    ]);
  });

  it('says what an item costs at the cheapest open offer, and finds by it to the wei', async () => {
    const priceOf = async (name: string) => (await modelByName(server.url, name)).model.fee;
    expect(await priceOf('acme/digits-cnn')).to.equal(feeOf(60n));
    expect(await priceOf('acme/feeling')).to.equal(null);
    expect(await names({ maxPrice: feeOf(60n), sort: 'price' })).to.deep.equal(['zeta/embedder', 'acme/digits-cnn']);
    expect(await names({ maxPrice: feeOf(60n) - 1n })).to.deep.equal(['zeta/embedder']);
    expect(await names({ maxPrice: feeOf(10n) - 1n })).to.deep.equal([]);
    // 1,500 is the last second of the cheap offer.
    await chain.block(1_500);
    expect(await priceOf('acme/digits-cnn')).to.equal(feeOf(60n));
    await chain.block(1_501);
    expect(await priceOf('acme/digits-cnn')).to.equal(feeOf(100n));
    expect(await names({ maxPrice: feeOf(60n) })).to.deep.equal(['zeta/embedder']);
    await chain.takeBack();
    expect(await priceOf('acme/digits-cnn')).to.equal(feeOf(60n));
    await chain.block(1_510, { type: 'RoyaltySet', version: versionOf(1), royalty: 20n }, offered(DEAR, 1, 0n, 0));
    expect(await priceOf('acme/digits-cnn')).to.equal(null);
    await chain.block(1_520, offered(DEAR, 1, 70n, FOR_EVER), setAppended(2, { protocolBps: 0, tipBps: 0 }));
    expect(await priceOf('acme/digits-cnn')).to.equal(90n);
    expect(await names({ maxPrice: 90n, sort: 'price' })).to.deep.equal(['zeta/embedder', 'acme/digits-cnn']);
    // A node that works for nothing keeps a wei.
    await chain.block(1_530, offered(DEAR, 1, 0n, FOR_EVER));
    expect(await priceOf('acme/digits-cnn')).to.equal(21n);
  });

  it('goes by the newest version in service, and back to the one before when that retires', async () => {
    await chain.block(
      130,
      published(5, 1, { task: 'segmentation', tags: ['medical'] }),
      offered(CHEAP, 5, 5n, FOR_EVER),
    );
    expect(await names({ text: 'handwritten' })).to.deep.equal([]);
    expect(await names({ task: 'segmentation', tag: 'medical' })).to.deep.equal(['acme/digits-cnn']);
    const told = await modelByName(server.url, 'acme/digits-cnn');
    expect(told.versions.map(({ version }) => version)).to.deep.equal([versionOf(5), versionOf(1)]);
    expect(told.offers.map(({ version }) => version)).to.deep.equal([versionOf(5)]);
    await chain.block(140, { type: 'VersionRetired', version: versionOf(5) });
    expect(await names({ task: 'segmentation' })).to.deep.equal([]);
    const { model } = await modelByName(server.url, 'acme/digits-cnn');
    expect(model).to.include({ version: versionOf(1), fee: feeOf(60n), offers: 2 });
    await chain.takeBack();
    expect(await names({ task: 'segmentation' })).to.deep.equal(['acme/digits-cnn']);
    await chain.takeBack();
    expect(await names({ text: 'handwritten' })).to.deep.equal(['acme/digits-cnn']);
  });

  it('goes by who owns the token, not by who made the model', async () => {
    const sold: ProtocolEvent = { type: 'Transfer', from: OWNER, to: OTHER, tokenId: toModelId(2) };
    const minted: ProtocolEvent = { type: 'Transfer', from: ZERO_ADDRESS, to: OWNER, tokenId: toModelId(2) };
    await chain.block(130, minted, sold);
    expect(await names({ owner: OWNER })).to.deep.equal(['acme/digits-cnn']);
    expect(await names({ owner: OTHER, text: 'feeling' })).to.deep.equal(['acme/feeling']);
    await chain.takeBack();
    expect(await names({ owner: OWNER, sort: 'name' })).to.deep.equal(['acme/digits-cnn', 'acme/feeling']);
  });

  it('sorts, and gives pages that are the whole when put together', async () => {
    const more = Array.from({ length: 23 }, (_, i) => modelCreated(10 + i, 'many', `m-${(i * 7) % 23}`, OTHER));
    await chain.block(
      130,
      ...more,
      ...[0, 1, 2].map((n) => askedFor(n, 12, 9, ASKER, ZERO_ADDRESS)),
      askedFor(3, 20, 9, ASKER, ZERO_ADDRESS),
    );
    for (const sort of ['requests', 'newest', 'name', 'price'] as const) {
      const whole = await names({ sort, limit: 100 });
      expect(whole).to.have.length(27);
      const pages: string[] = [];
      for (let cursor: string | undefined, rounds = 0; rounds < 20; rounds++) {
        const { models, next } = await search(server.url, { sort, limit: 4, cursor });
        pages.push(...models.map(({ name }) => name));
        if (next === null) break;
        cursor = next;
      }
      expect(pages, sort).to.deep.equal(whole);
    }
    const by = async (sort: SearchQuery['sort']) => (await names({ sort, limit: 3 })).join(' ');
    expect(await by('requests')).to.equal('many/m-14 many/m-1 acme/digits-cnn');
    expect(await by('newest')).to.equal(`many/m-${(22 * 7) % 23} many/m-${(21 * 7) % 23} many/m-${(20 * 7) % 23}`);
    expect(await by('name')).to.equal('acme/digits-cnn acme/feeling many/m-0');
    expect(await by('price')).to.equal('zeta/embedder acme/digits-cnn acme/feeling');
  });

  it('lists the nodes that offer a model now', async () => {
    const listed = async (query: Parameters<typeof nodes>[1]) =>
      (await nodes(server.url, query)).nodes.map(({ node }) => node);
    await chain.block(125, { type: 'NodeSet', node: OTHER, roles: 5, endpoint: 'https://node.example.org\0' });
    expect(await listed({})).to.deep.equal([OTHER, CHEAP, DEAR]);
    expect(await listed({ model: 'acme/digits-cnn' })).to.deep.equal([CHEAP, DEAR]);
    expect(await listed({ version: versionOf(3) })).to.deep.equal([CHEAP]);
    const first = await nodes(server.url, { limit: 1 });
    expect(first.nodes[0]).to.deep.include({ roles: ['inference', 'storage'], endpoint: 'https://node.example.org\0' });
    expect(await listed({ limit: 1, cursor: first.next ?? '' })).to.deep.equal([CHEAP]);
    await chain.block(1_501);
    expect(await listed({ model: 'acme/digits-cnn' })).to.deep.equal([DEAR]);
    await rejectsLater('search.unknown', nodes(server.url, { model: 'acme/nothing' }));
  });
}
