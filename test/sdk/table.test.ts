import { expect } from 'chai';
import { columns, figure, percent, thousands } from '../../sdk/table.ts';

describe('tables for people', () => {
  it('should align words to the left and columns of numbers to the right, without blanks at the end', () => {
    const rows = [
      ['name', 'count', 'error', 'note'],
      ['a', '7', '1.5e-7', 'x'],
      ['longer', '12,345', '0', ''],
    ];
    expect(columns(rows)).to.deep.equal([
      'name     count   error  note',
      'a            7  1.5e-7  x',
      'longer  12,345       0',
    ]);
  });

  it('should take rows of any length, one row, and none', () => {
    expect(columns([['a', 'b'], ['c']])).to.deep.equal(['a  b', 'c']);
    expect(columns([['1', '22']])).to.deep.equal(['1  22']);
    expect(columns([])).to.deep.equal([]);
  });

  it('should write figures shortly', () => {
    expect([0, 1.26e-7, 3, Number.POSITIVE_INFINITY].map(figure)).to.deep.equal(['0', '1.3e-7', '3.0e+0', 'Infinity']);
    expect([percent(1), percent(0.1234), thousands(1234567n)]).to.deep.equal(['100.0 %', '12.3 %', '1,234,567']);
  });
});
