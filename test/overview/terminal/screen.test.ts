import { describe, expect, it } from 'vitest';
import { LastWarning } from '../../../src/overview/terminal/last-warning.ts';
import { lookOf } from '../../../src/overview/terminal/look.ts';
import { Redraw } from '../../../src/overview/terminal/redraw.ts';
import { openScreen } from '../../../src/overview/terminal/screen.ts';
import { ManualClock } from '../../adapter/manual-clock.ts';

function terminal(rows: number, isTTY = true) {
  const written: string[] = [];
  return { written, output: { isTTY, rows, write: (text: string) => written.push(text) } };
}

describe('a screen', () => {
  it('is drawn over, and the terminal is put back once', () => {
    const { written, output } = terminal(24);
    const screen = openScreen(output);
    screen.draw(['one', 'two']);
    screen.close();
    screen.close();
    screen.draw(['too late']);
    expect(written).toEqual([
      '\u001b[?1049h\u001b[?25l',
      '\u001b[Hone\u001b[K\r\ntwo\u001b[K\u001b[J',
      '\u001b[?25h\u001b[?1049l',
    ]);
  });

  it('never scrolls: it says how much more there is', () => {
    const { written, output } = terminal(3);
    openScreen(output).draw(['1', '2', '3', '4', '5']);
    expect(written[1]?.split('\r\n')).toHaveLength(3);
    expect(written[1]).toContain('3 more lines');
  });

  it('is frame after frame in a pipe', () => {
    const { written, output } = terminal(24, false);
    const screen = openScreen(output);
    screen.draw(['one', 'two']);
    screen.close();
    expect(written).toEqual(['one\ntwo\n\n']);
  });
});

describe('drawing', () => {
  it('happens when asked, at most once in the time', () => {
    const clock = new ManualClock();
    const drawnMs: number[] = [];
    const startMs = clock.monotonicMs();
    const redraw = new Redraw(clock, () => drawnMs.push(clock.monotonicMs() - startMs), 250);
    for (let ms = 0; ms < 1_000; ms += 10) {
      redraw.ask();
      clock.advance(10);
    }
    clock.advance(10_000);
    expect(drawnMs).toEqual([0, 250, 500, 750, 1_000]);
    redraw.ask();
    redraw.stop();
    clock.advance(10_000);
    expect(drawnMs).toHaveLength(5);
  });
});

describe('the last warning', () => {
  it('is told for a minute, or until it goes well again', () => {
    const clock = new ManualClock();
    const warning = new LastWarning(clock);
    expect(warning.current()).toBeUndefined();
    warning.write('{"level":40,"reason":"connect ECONNREFUSED","msg":"list or watch failed"}\n');
    expect(warning.current()).toBe('not up to date: list or watch failed (connect ECONNREFUSED)');
    clock.advance(60_001);
    expect(warning.current()).toBeUndefined();
    warning.write('{"msg":"list or watch failed"}\n');
    warning.forget();
    expect(warning.current()).toBeUndefined();
  });
});

describe('the look', () => {
  it.each([
    [
      'a terminal',
      { isTTY: true, columns: 91 },
      { LANG: 'en_GB.UTF-8' },
      { columns: 91, colour: true, unicode: true },
    ],
    [
      'no colours',
      { isTTY: true, columns: 91 },
      { LANG: 'C.utf8', NO_COLOR: '1' },
      { columns: 91, colour: false, unicode: true },
    ],
    [
      'a dumb one',
      { isTTY: true, columns: 80 },
      { TERM: 'dumb' },
      { columns: 80, colour: false, unicode: false },
    ],
    [
      'another character set',
      { isTTY: true, columns: 80 },
      { LC_ALL: 'C', LANG: 'en.UTF-8' },
      { columns: 80, colour: true, unicode: false },
    ],
    ['a pipe', {}, { LANG: 'en_GB.UTF-8' }, { columns: 100, colour: false, unicode: false }],
    ['a pipe of a width', {}, { COLUMNS: '60' }, { columns: 60, colour: false, unicode: false }],
    ['a sliver', { isTTY: true, columns: 3 }, {}, { columns: 20, colour: true, unicode: false }],
  ])('of %s', (_, stream, env, expected) => {
    expect(lookOf(stream, env)).toEqual(expected);
  });
});
