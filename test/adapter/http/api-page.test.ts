/** docs/http-api.md: its tables are the code's, and its curl lines do what it says. */

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FAILURES,
  PROBLEMS,
  type ProblemCode,
  retryOfCode,
} from '../../../src/adapter/http/problem-catalogue.ts';
import { statusOfCode, statusOfFailure } from '../../../src/adapter/http/status.ts';
import { PARAMETERS, RESPONSE_HEADERS } from '../../../src/adapter/openapi/parameters.ts';
import { RETRY_CLASSES } from '../../../src/api/http/problem.ts';
import { HEADER_NAMES } from '../../../src/api/http/request-headers.ts';
import { CATALOGUE } from '../../../src/epp/catalogue.ts';
import { RESULT_MESSAGES } from '../../../src/epp/result-codes.ts';
import type { EppErrorKind } from '../../../src/epp/session.ts';
import { type Harness, start } from '../harness.ts';

const run = promisify(execFile);
const page = await readFile(join(import.meta.dirname, '../../../docs/http-api.md'), 'utf8');

/** Rows of the table with this head, cells without their backticks. */
function table(...head: string[]): string[][] {
  const lines = page.split('\n');
  const at = lines.indexOf(`| ${head.join(' | ')} |`);
  expect([head, at >= 0]).toEqual([head, true]);
  const rows = lines.slice(at + 2);
  const end = rows.findIndex((line) => !line.startsWith('|'));
  return rows.slice(0, end).map((line) =>
    line
      .slice(2, -2)
      .split(' | ')
      .map((cell) => cell.replaceAll('`', '')),
  );
}

describe('the page has', () => {
  it('every problem, with its status, outcome and retry class', () => {
    const wanted = Object.keys(PROBLEMS).map((code) => {
      const { status, outcome = 'not-sent', retry, title } = PROBLEMS[code as ProblemCode];
      return [code, String(status), outcome, retry, title];
    });
    expect(table('code', 'status', 'outcome', 'retry', 'what')).toEqual(wanted);
  });

  it('every kind of failure', () => {
    const wanted = Object.entries(FAILURES).map(([kind, { text }]) => [
      kind,
      String(statusOfFailure(kind as EppErrorKind, 'unknown')),
      text,
    ]);
    expect(table('code', 'status if `unknown`', 'what')).toEqual(wanted);
  });

  it('every result code', () => {
    const codes = Object.keys(RESULT_MESSAGES)
      .map(Number)
      .filter((code) => code >= 2000);
    const wanted = codes.map((code) => [
      `epp-${code}`,
      String(statusOfCode(code)),
      retryOfCode(code),
      RESULT_MESSAGES[code as keyof typeof RESULT_MESSAGES],
    ]);
    expect(table('code', 'status', 'retry', 'what')).toEqual(wanted);
  });

  it('every header in and out, retry class, and command', () => {
    const into = table('header', 'what').flatMap(([names = '']) => names.split(', '));
    const known = Object.keys(PARAMETERS).map((name) => PARAMETERS[name]?.name);
    expect(into).toEqual(expect.arrayContaining(known.filter((name) => name !== 'tld')));
    expect(into).toEqual(expect.arrayContaining(Object.values(HEADER_NAMES)));
    expect(table('header', 'when', 'what').map(([name]) => name)).toEqual(
      expect.arrayContaining(Object.keys(RESPONSE_HEADERS)),
    );
    expect(table('retry', 'what to do').map(([name]) => name)).toEqual([...RETRY_CLASSES]);
    const paths = table('path', 'what').flat().join(' ');
    for (const { object, command } of CATALOGUE) {
      if (object === 'domain') expect(paths).toContain(command);
      else if (object !== undefined) expect(paths).toContain(object);
    }
  });
});

/** Every curl line in a block of sh, with the status that stands behind it. */
const lines = [...page.matchAll(/```sh[^\n]*\n([\s\S]*?)```/g)]
  .flatMap(([, block = '']) => block.replaceAll('\\\n', '').trim().split('\n'))
  .map((line) => /^(curl -s .*?)\s+# (\d{3})$/.exec(line)?.slice(1) ?? [line, 'none']) as [string, string][];

const hasCurl = await run('curl', ['--version']).then(
  () => true,
  () => false,
);

describe.skipIf(!hasCurl)('its curl lines (skipped without curl)', () => {
  let h: Harness;
  beforeAll(async () => {
    h = await start({ today: new Date('2026-01-31T12:00:00Z'), file: { idempotency: { store: 'memory' } } });
  });
  afterAll(() => h.stop());

  it.each(lines)('%s answers %s', async (line, status) => {
    const written = line.replace('curl -s', "curl -s -o /dev/null -w '%{http_code}'");
    const { stdout } = await run('sh', ['-c', written], { env: { ...process.env, SET: h.adapter.url } });
    expect(stdout).toBe(status);
  });

  it('are many', () => {
    expect(lines.length).toBeGreaterThan(10);
  });
});
