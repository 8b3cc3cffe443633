import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLines } from '../../src/kube/lines.ts';

async function linesOf(chunks: Uint8Array[]): Promise<string[]> {
  async function* stream() {
    yield* chunks;
  }
  const lines: string[] = [];
  for await (const line of readLines(stream())) lines.push(line);
  return lines;
}

const bytes = (text: string) => new TextEncoder().encode(text);

describe('readLines', () => {
  it.each([
    { name: 'nothing', chunks: [], lines: [] },
    { name: 'one line', chunks: ['{"a":1}\n'], lines: ['{"a":1}'] },
    { name: 'two lines in one chunk', chunks: ['a\nb\n'], lines: ['a', 'b'] },
    { name: 'a line in three chunks', chunks: ['a', 'b', 'c\n'], lines: ['abc'] },
    { name: 'a chunk that is the break alone', chunks: ['a', '\n', 'b', '\n'], lines: ['a', 'b'] },
    { name: 'empty lines', chunks: ['\n\na\n\n'], lines: ['a'] },
    { name: 'a last line without a break', chunks: ['a\n{"ty'], lines: ['a', '{"ty'] },
  ])('reads $name', async ({ chunks, lines }) => {
    expect(await linesOf(chunks.map(bytes))).toEqual(lines);
  });

  it('gives the same lines wherever the chunks end, inside a character too', async () => {
    const line = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .map((text) => text.replaceAll('\n', '') || 'x');
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.array(fc.nat()), async (lines, cuts) => {
        const all = bytes(lines.map((text) => `${text}\n`).join(''));
        const ends = [...cuts.map((cut) => cut % (all.length + 1)), all.length].sort((a, b) => a - b);
        const chunks = ends.map((end, at) => all.slice(ends[at - 1] ?? 0, end));
        expect(await linesOf(chunks)).toEqual(lines);
      }),
    );
  });
});
