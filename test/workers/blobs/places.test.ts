import { expect } from 'chai';
import { originOf, placesOf } from '../../../workers/adapters/blobs/places.ts';

const id = 'M4hsZGQ1oCktdzegB6HnI6Mi28S2nqOPHxK-W7_4BUk';
const cid = 'bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e';
const own = { aggregators: ['https://a.example', 'https://b.example/walrus/'], gateways: ['http://127.0.0.1:8080'] };
const none = { aggregators: [], gateways: [] };

describe('what a published URI means', () => {
  for (const [uri, gateways, places] of [
    ['https://x.example/m.onnx', own, ['https://x.example/m.onnx']],
    ['file:abc', own, ['file:abc']],
    [`walrus://${id}`, own, [`https://a.example/v1/blobs/${id}`, `https://b.example/walrus/v1/blobs/${id}`]],
    [`walrus://${id}?aggregator=https://c.example/`, none, [`https://c.example/v1/blobs/${id}`]],
    [
      `walrus://${id}?aggregator=https://c.example&aggregator=https%3A%2F%2Fa.example`,
      own,
      [
        `https://a.example/v1/blobs/${id}`,
        `https://b.example/walrus/v1/blobs/${id}`,
        `https://c.example/v1/blobs/${id}`,
      ],
    ],
    [`walrus://${id}?gateway=https://c.example`, own, 2],
    [
      `walrus://${id}?aggregator=file:///etc/passwd&aggregator=https://c.example?x=`,
      none,
      [`https://c.example/v1/blobs/${id}`],
    ],
    [`walrus://${id}?${Array.from({ length: 99 }, (_, i) => `aggregator=https://${i}.example`).join('&')}`, none, 4],
    [`ipfs://${cid}`, own, [`ipfs://${cid}?gateway=http://127.0.0.1:8080`]],
    [`ipfs://${cid}/?gateway=https://g.example`, none, [`ipfs://${cid}?gateway=https://g.example`]],
  ] as const)
    it(`should be, for ${uri.slice(0, 80)}: ${typeof places === 'number' ? `${places} places` : places.join(' ')}`, () => {
      const found = placesOf(uri, gateways);
      if (typeof places === 'number') expect(found).to.have.property('places').with.length(places);
      else expect(found).to.deep.equal({ places });
    });

  for (const [uri, reason] of [
    [`walrus://${id}`, 'names no aggregator, and none is set (OPG_WALRUS_AGGREGATORS)'],
    [`ipfs://${cid}`, 'names no gateway, and none is set (OPG_IPFS_GATEWAYS)'],
    [`walrus://${id}?aggregator=ftp://a.example`, 'names no aggregator, and none is set (OPG_WALRUS_AGGREGATORS)'],
    ['walrus://nonsense?aggregator=https://a.example', '"nonsense" is no Walrus blob id'],
    // The last character of an id holds 4 bits: others would be a second name of the same id.
    [`walrus://${id.slice(0, -1)}l?aggregator=https://a.example`, `"${id.slice(0, -1)}l" is no Walrus blob id`],
    [`ipfs://${cid}/model.onnx?gateway=https://a.example`, 'names no single file: a path cannot be followed here'],
    [`walrus:${id}`, 'names no single file: a path cannot be followed here'],
  ] as const)
    it(`should be nothing, for ${uri.slice(0, 90)}`, () => expect(placesOf(uri, none)).to.deep.equal({ reason }));

  it('should blame scheme, host and port', () => {
    expect(originOf('https://a.example:8443/v1/blobs/x')).to.equal('https://a.example:8443');
    expect(originOf(`ipfs://${cid}?gateway=http://127.0.0.1:8080/x`)).to.equal('http://127.0.0.1:8080');
    expect(originOf('file:abc')).to.equal('file:');
  });
});
