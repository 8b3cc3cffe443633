import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Leadership } from '../../../src/adapter/jobs/leadership.ts';
import type { PollMessage } from '../../../src/adapter/jobs/poll-message.ts';
import { eventually } from '../../support/eventually.ts';
import { CLIENT_ID, type Harness, start } from '../harness.ts';

let h: Harness;
afterEach(() => h.stop());

const lines = async (): Promise<{ pollMessage: PollMessage }[]> =>
  (await readFile(join(h.folder, 'messages.jsonl'), 'utf8').catch(() => ''))
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
const poll = { enabled: true, interval: '50ms', sink: { kind: 'file', path: 'messages.jsonl' } } as const;
const metric = async (name: string) =>
  (await h.metrics.metrics()).split('\n').filter((line) => line.startsWith(`${name}{`));

describe('periodic jobs of an adapter', () => {
  it('bring poll messages into the file, and acknowledge them', async () => {
    h = await start({ account: { poll } });
    h.registry.control({ enqueue: { clientId: CLIENT_ID, messages: ['first', 'second & last'] } });
    await eventually(async () => (await lines()).length === 2, { what: 'two messages' });
    expect((await lines()).map(({ pollMessage }) => pollMessage)).toMatchObject([
      { account: 'verisign-acme', message: 'first', count: 2 },
      { account: 'verisign-acme', message: 'second & last', count: 1 },
    ]);
    await eventually(async () => (await metric('epp_poll_queue_size'))[0]?.endsWith(' 0') === true);
    expect(await metric('epp_job_leader')).toEqual([expect.stringMatching(/ 1$/)]);
  });

  it('set aside a message that is no XML, acknowledge it, and go on', async () => {
    const told: string[] = [];
    const stdout = vi.spyOn(process.stdout, 'write').mockImplementation(((line, done) => {
      told.push(String(line));
      (done as () => void)();
      return true;
    }) as typeof process.stdout.write);
    try {
      h = await start({ account: { poll } });
      const poisonous = { text: 'odd', raw: { resData: '<bad:thing>hush' } };
      h.registry.control({ enqueue: { clientId: CLIENT_ID, messages: ['first', poisonous, 'last'] } });
      await eventually(async () => (await lines()).length === 2, { what: 'the messages around it' });
    } finally {
      stdout.mockRestore();
    }
    expect((await lines()).map(({ pollMessage }) => pollMessage.message)).toEqual(['first', 'last']);
    const aside = told.map((line) => JSON.parse(line) as { setAside: true; pollMessage: PollMessage });
    expect(aside).toMatchObject([{ setAside: true, pollMessage: { account: 'verisign-acme', id: '2' } }]);
    expect(aside[0]?.pollMessage.unreadable?.frame).toContain('<bad:thing>hush');
    expect(await metric('epp_poll_messages_total')).toContainEqual(expect.stringMatching(/set-aside.* 1$/));
    expect(h.logged()).toContain('a poll message was set aside');
    expect(h.logged()).not.toContain('hush');
  });

  it('leave the queue alone while another adapter runs them', async () => {
    let began = false;
    const never: Leadership = {
      run: (signal) =>
        new Promise((resolve) => {
          began = true;
          signal.addEventListener('abort', () => resolve());
        }),
    };
    h = await start({ account: { poll }, adapter: { leadership: () => never } });
    expect(began).toBe(true);
    h.registry.control({ enqueue: { clientId: CLIENT_ID, messages: ['for another'] } });
    expect((await h.post('/com/check', { names: ['a.com'] })).status).toBe(200);
    expect(h.executed('poll')).toBe(0);
    expect(await metric('epp_job_leader')).toEqual([expect.stringMatching(/ 0$/)]);
  });

  it('prove the account by a canary', async () => {
    h = await start({
      account: { jobs: { canary: { enabled: true, interval: '50ms', name: 'canary.com' } } },
    });
    await eventually(async () => (await metric('epp_canary_duration_seconds')).length === 1);
    expect(h.executed('domain:check')).toBeGreaterThan(0);
    expect(h.logged()).toContain('a periodic job runs well');
  });

  it('tell of a failing canary once, and of its recovery', async () => {
    h = await start({
      account: { jobs: { canary: { enabled: true, interval: '20ms', name: 'not below.com' } } },
    });
    const failures = () =>
      h
        .logged()
        .split('\n')
        .filter((line) => line.includes('a periodic job fails'));
    await eventually(() => failures().length > 0, { what: 'a failure' });
    await eventually(async () => {
      const runs = (await metric('epp_job_runs_total')).find((line) => /canary.*failure/.test(line));
      return Number(runs?.split(' ').at(-1)) > 3;
    });
    expect(failures()).toHaveLength(1);
  });

  it('have stopped when the adapter is drained', async () => {
    h = await start({ account: { poll } });
    await eventually(() => h.executed('poll') > 0);
    await h.adapter.drain();
    const polls = h.executed('poll');
    h.registry.control({ enqueue: { clientId: CLIENT_ID, messages: ['late'] } });
    expect(h.executed('poll')).toBe(polls);
    expect(await lines()).toEqual([]);
  });
});
