import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { eppCommand } from '../../src/commands/epp.ts';
import { writeCommand } from '../../src/epp/catalogue.ts';
import type { EppCommand } from '../../src/epp/command.ts';
import { encodeFrame, FrameReader } from '../../src/epp/frame.ts';

const create: EppCommand = {
  object: 'domain',
  command: 'create',
  body: { name: 'a.com', authInfo: { pw: 'hunter22' } },
  clTRID: 'ABC-1',
};
const check: EppCommand = { object: 'domain', command: 'check', body: { names: ['a.com', 'b.com'] } };
const RESPONSE =
  '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response><result code="1000"><msg>Done</msg></result>' +
  '<trID><clTRID>ABC-1</clTRID><svTRID>SV-1</svTRID></trID></response></epp>';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'epp-'));
});
afterAll(() => rm(folder, { recursive: true }));
afterEach(() => {
  process.exitCode = undefined;
});

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function run(args: string[], stdin: string | Uint8Array = '') {
  const out: Buffer[] = [];
  const err: string[] = [];
  await eppCommand({
    stdin: Readable.from([Buffer.from(stdin)]),
    out: (chunk) => void out.push(Buffer.from(chunk)),
    err: (line) => void err.push(line),
  }).parseAsync(args, { from: 'user' });
  const text = Buffer.concat(out);
  const lines = text.toString().split('\n').filter(Boolean);
  return { text, lines, err, failed: process.exitCode === 1 };
}

describe('eppset epp read', () => {
  it('prints a line for each file, whoever sent what is in it', async () => {
    const files = [
      await file('create.xml', writeCommand(create)),
      await file('response.xml', RESPONSE),
      await file('hello.xml', '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><hello/></epp>'),
    ];
    const { lines, err, failed } = await run(['read', ...files]);
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { file: files[0], kind: 'command', ...create },
      {
        file: files[1],
        kind: 'response',
        results: [{ code: 1000, message: 'Done' }],
        clTRID: 'ABC-1',
        svTRID: 'SV-1',
      },
      { file: files[2], kind: 'command', command: 'hello', body: {} },
    ]);
    expect(err).toEqual([]);
    expect(failed).toBe(false);
  });

  it('prints a line for each frame of a capture', async () => {
    const frames = Buffer.concat([encodeFrame(writeCommand(create)), encodeFrame(RESPONSE)]);
    const { lines } = await run(['read', '-'], frames);
    expect(lines.map((line) => (JSON.parse(line) as { kind: string }).kind)).toEqual(['command', 'response']);
  });

  it('blanks secrets when asked to', async () => {
    const { text } = await run(['read', '--redact', await file('secret.xml', writeCommand(create))]);
    expect(text.toString()).toContain('"a.com"');
    expect(text.toString()).not.toContain('hunter22');
  });

  it.each([
    ['cut.xml', RESPONSE.slice(0, 100), /never closed|ends|character/],
    ['cut.frame', encodeFrame(RESPONSE).subarray(0, 90), /cut off/],
    ['other.xml', '<html/>', /root element is <html>/],
    ['dtd.xml', `<!DOCTYPE epp SYSTEM "file:///etc/passwd">${RESPONSE}`, /DOCTYPE/],
    [
      'unknown.xml',
      '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><command><info><x:info xmlns:x="urn:x"/></info></command></epp>',
      /<info> of <info> in "urn:x" is no command/,
    ],
    ['empty.xml', '', /empty/],
  ])('says what is wrong with %s, and goes on', async (name, content, says) => {
    const bad = await file(name, content);
    const good = await file('good.xml', RESPONSE);
    const { lines, err, failed } = await run(['read', bad, good]);
    expect(lines).toHaveLength(1);
    expect(err).toHaveLength(1);
    expect(err[0]).toMatch(says);
    expect(err[0]?.startsWith(`${bad}: `)).toBe(true);
    expect(failed).toBe(true);
  });

  it('names a file that is not there', async () => {
    const { err, failed } = await run(['read', join(folder, 'none.xml')]);
    expect(err[0]).toMatch(/none\.xml: ENOENT/);
    expect(failed).toBe(true);
  });
});

describe('eppset epp write', () => {
  const line = (value: unknown) => `${JSON.stringify(value)}\n`;

  it('writes what read has printed', async () => {
    const read = await run(['read', await file('back.xml', writeCommand(create))]);
    const { lines, failed } = await run(['write'], read.text);
    expect(lines).toEqual([writeCommand(create)]);
    expect(failed).toBe(false);
  });

  it('writes frames', async () => {
    const { text } = await run(['write', '--frames', await file('two.jsonl', line(create) + line(check))]);
    const bodies = new FrameReader(100_000).push(text).map(String);
    expect(bodies).toEqual([writeCommand(create), writeCommand(check)]);
  });

  it.each([
    [{ ...create, body: { name: 'a.com' } }, /:1: domain:create: authInfo: /],
    [{ command: 'frobnicate' }, /:1: frobnicate: command: is not known/],
    [{ kind: 'response', results: [] }, /kind: must be "command"/],
    [{ ...check, extensions: { nothing: {} } }, /extensions\.nothing: is not known/],
  ])('says what is wrong with %j, and goes on', async (wrong, says) => {
    const { lines, err, failed } = await run(['write'], line(wrong) + line(check));
    expect(lines).toEqual([writeCommand(check)]);
    expect(err).toHaveLength(1);
    expect(err[0]).toMatch(says);
    expect(failed).toBe(true);
  });

  it('never shows a line that is no JSON', async () => {
    const { err } = await run(['write'], '{"pw": "hunter22"');
    expect(err).toEqual(['-:1: is no line of JSON']);
  });
});
