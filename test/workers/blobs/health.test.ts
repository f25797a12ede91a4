import { expect } from 'chai';
import { createSourceHealth } from '../../../workers/adapters/blobs/health.ts';

describe('the health of sources', () => {
  let now = 0;
  const open = () => createSourceHealth(() => now);
  const order = (health: ReturnType<typeof open>, ...origins: string[]) =>
    health.inOrder(origins, (origin) => origin).join('');

  it('should keep the order of those that are well', () => {
    expect(order(open(), 'c', 'a', 'b')).to.equal('cab');
  });

  it('should ask those at rest last, first whose rest ends first, and none is left out', () => {
    const health = open();
    health.struck('a', 'lied');
    health.struck('b', 'silent');
    expect(order(health, 'a', 'b', 'c')).to.equal('cba');
    expect(health.resting).to.equal(2);
  });

  it('should give a place back when the rest is over, and double the rest of who fails again', () => {
    const health = open();
    for (const restMs of [1000, 2000, 4000]) {
      health.struck('a', 'silent');
      now += restMs - 1;
      expect(order(health, 'a', 'b'), `${restMs}`).to.equal('ba');
      now += 1;
      expect(order(health, 'a', 'b'), `${restMs}`).to.equal('ab');
      expect(health.resting).to.equal(0);
    }
  });

  it('should let a liar rest 16 times as long as one that was silent', () => {
    const health = open();
    health.struck('a', 'lied');
    now += 15_999;
    expect(order(health, 'a', 'b')).to.equal('ba');
    now += 1;
    expect(order(health, 'a', 'b')).to.equal('ab');
  });

  it('should never let anybody rest longer than ten minutes', () => {
    const health = open();
    for (let i = 0; i < 2000; i++) health.struck('a', 'lied');
    now += 600_000;
    expect(order(health, 'a', 'b')).to.equal('ab');
  });

  it('should forgive all at a delivery', () => {
    const health = open();
    for (let i = 0; i < 5; i++) health.struck('a', 'silent');
    health.delivered('a');
    expect(order(health, 'a', 'b')).to.equal('ab');
    health.struck('a', 'silent');
    now += 1000;
    expect(order(health, 'a', 'b')).to.equal('ab');
  });

  it('should not grow with the number of strangers', () => {
    const health = open();
    health.struck('first', 'lied');
    for (let i = 0; i < 1000; i++) health.struck(`${i}`, 'lied');
    expect(health.resting).to.equal(1000);
    expect(health.inOrder(['0', 'first'], (origin) => origin)).to.deep.equal(['first', '0']);
  });
});
