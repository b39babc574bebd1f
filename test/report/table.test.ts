import { describe, expect, it } from 'vitest';
import { alignedText, csvText, markdownText, tableOf } from '../../src/report/table.ts';

const table = {
  columns: ['rule', 'test error', 'note'],
  rows: [
    ['ep', '2.40 %', 'a|b'],
    ['bp', '12.00 %', null],
  ],
};

describe('a table', () => {
  it('has its columns aligned, numbers to the right', () => {
    expect(alignedText(table)).toBe(
      'rule  test error  note\n' + '----  ----------  ----\n' + 'ep        2.40 %  a|b\n' + 'bp       12.00 %\n',
    );
  });
  it('is Markdown with pipes and line ends escaped', () => {
    expect(markdownText(table).split('\n').slice(0, 3)).toEqual([
      '| rule | test error | note |',
      '| ---- | ---------: | ---- |',
      '| ep   |     2.40 % | a\\|b |',
    ]);
    expect(markdownText({ columns: ['a'], rows: [['x\ny']] })).toContain('x<br>y');
  });
  it('is CSV with quotes only where they are needed', () => {
    const rows = [['a,b', 'say "x"', 1.5], ['line\nend', '', true]]; // prettier-ignore
    expect(csvText({ columns: ['p', 'q', 'r'], rows })).toBe('p,q,r\r\n"a,b","say ""x""",1.5\r\n"line\nend",,true\r\n');
  });
  it('keeps one line a row when a cell has line ends', () => {
    expect(
      alignedText({ columns: ['a', 'b'], rows: [['x\ny', 1]] })
        .trimEnd()
        .split('\n'),
    ).toHaveLength(3);
  });
  it('takes its columns from objects in the order in which they occur', () => {
    const made = tableOf([{ a: 1 }, { b: 'x', a: 2 }]);
    expect(made).toEqual({ columns: ['a', 'b'], rows: [[1, undefined], [2, 'x']] }); // prettier-ignore
    expect(csvText(made)).toBe('a,b\r\n1,\r\n2,x\r\n');
  });
  it('fills rows that are too short', () => {
    expect(csvText({ columns: ['a', 'b'], rows: [['x']] })).toBe('a,b\r\nx,\r\n');
  });
});
