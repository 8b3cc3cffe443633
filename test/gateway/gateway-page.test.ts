/** docs/gateway.md: its tables are the code's. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/gateway/action-names.ts';
import { GATEWAY_PROBLEMS, problemPage } from '../../src/gateway/problems.ts';

const page = await readFile(join(import.meta.dirname, '../../docs/gateway.md'), 'utf8');

/** Rows of the table with this head, cells without their backticks. */
function table(...head: string[]): string[][] {
  const lines = page.split('\n');
  const at = lines.indexOf(`| ${head.join(' | ')} |`);
  expect([head, at >= 0]).toEqual([head, true]);
  const rows = lines.slice(at + 2);
  return rows
    .slice(
      0,
      rows.findIndex((line) => !line.startsWith('|')),
    )
    .map((line) =>
      line
        .slice(2, -2)
        .split(' | ')
        .map((cell) => cell.replaceAll('`', '')),
    );
}

describe('the page has', () => {
  it('every problem, with its status, outcome and retry class; each has a page', () => {
    const wanted = Object.entries(GATEWAY_PROBLEMS).map(([code, kind]) => {
      const { status, title, retry } = kind;
      return [code, String(status), 'outcome' in kind ? kind.outcome : 'not-sent', retry, title];
    });
    expect(table('code', 'status', 'outcome', 'retry', 'what')).toEqual(wanted);
    for (const code of Object.keys(GATEWAY_PROBLEMS)) expect(problemPage(code)).toContain(code);
    expect(problemPage('constructor')).toBeUndefined();
  });

  it('every action', () => {
    const wanted = Object.entries(ACTIONS).map(([name, { object, command }]) => [
      name,
      `${object}:${command}`,
    ]);
    expect(table('action, in any case', 'command')).toEqual(wanted);
  });
});
