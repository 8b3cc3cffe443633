import { describe, expect, it } from 'vitest';
import { type Block, blocksOf, expectedOf, placeOf } from './blocks.ts';

const PAGE = [
  '```sh local',
  'one',
  '```',
  'text `sh` and',
  '```yaml',
  'a: 1',
  '```',
  '1. in a list:',
  '   ```bash',
  '   two',
  '   ```',
  '<!--sh cluster',
  'three   # → 3',
  '-->',
  '````md',
  '```sh',
  'only shown',
  '```',
  '````',
].join('\n');

const block = (info: string): Block => ({ document: 'page.md', line: 7, info, text: '' });

describe('blocks of a document', () => {
  it('are those of a shell, shown or hidden, with their line and what stands behind the language', () => {
    expect(blocksOf('page.md', PAGE)).toEqual([
      { document: 'page.md', line: 1, info: 'local', text: 'one\n' },
      { document: 'page.md', line: 9, info: '', text: '   two\n' },
      { document: 'page.md', line: 12, info: 'cluster', text: 'three   # → 3\n' },
    ]);
  });

  it('end, or the page is wrong', () => {
    expect(() => blocksOf('page.md', '\n```sh local\nrm')).toThrow('page.md:2: the block does not end');
  });

  it('say what their output must have', () => {
    const text = 'a | b   # → a and b\nc  # no\n# → c\n';
    expect(expectedOf({ ...block('local'), text })).toEqual(['a and b', 'c']);
  });
});

describe('the place of a block', () => {
  it.each([
    ['cluster', { place: 'cluster', argument: '' }],
    ['make', { place: 'make', argument: '' }],
    ['never: it costs money', { place: 'never', argument: 'it costs money' }],
    ['tested: test/a.test.ts', { place: 'tested', argument: 'test/a.test.ts' }],
  ])('%s', (info, expected) => {
    expect(placeOf(block(info))).toEqual(expected);
  });

  it.each([
    ['', "page.md:7: '' is no place for commands: say ```sh and one of cluster, local"],
    ['somewhere', "page.md:7: 'somewhere' is no place"],
    ['never', 'page.md:7: never needs words behind a colon'],
    ['local: please', 'page.md:7: local stands alone'],
  ])('is refused: %s', (info, message) => {
    expect(() => placeOf(block(info))).toThrow(message);
  });
});
