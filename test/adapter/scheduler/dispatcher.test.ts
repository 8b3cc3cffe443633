import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EppError } from '../../../src/epp/session.ts';
import type { ScriptedSession } from '../scripted-session.ts';
import { check, checkData, create, dispatching, isFree } from './dispatching.ts';

const down = new EppError('down', { kind: 'closed', outcome: 'not-sent' });
const names = (session: ScriptedSession | undefined) =>
  session?.sent.map(({ body }) => (body.names as string[] | undefined)?.join(' ') ?? body.name);
const answerCheck = (session: ScriptedSession | undefined) => {
  const [next] = session?.unanswered ?? [];
  if (next) session?.answer(1000, checkData(next.command));
};

describe('dispatcher', { timeout: 60_000 }, () => {
  it('puts what waits into one command, each name once, and gives each caller his own', async () => {
    const { submit, sessions, settle, observed } = await dispatching();
    const first = submit(check(['first.com']));
    const callers = [['a.com', 'b.com'], ['B.com'], ['c.com', 'a.com']].map((own) => ({
      own,
      ...submit(check(own)),
    }));
    answerCheck(sessions[0]);
    await settle();
    expect(names(sessions[0])).toEqual(['first.com', 'a.com b.com c.com']);
    answerCheck(sessions[0]);
    await settle();
    expect(first.told.now?.response).toBeDefined();
    for (const { own, told } of callers) {
      expect(told.now?.response?.data).toEqual({
        cd: own.map((name) => ({ name, avail: isFree(name) })),
      });
    }
    expect(observed.names).toEqual([1, 3]);
  });

  it("asks again for each alone where the registry refuses the whole: one bad name is its caller's", async () => {
    const { submit, sessions, settle } = await dispatching();
    submit(check(['first.com']));
    const [good, bad] = [submit(check(['good.com'])), submit(check(['b!d.com']))];
    answerCheck(sessions[0]);
    await settle();
    sessions[0]?.answer(2005);
    await settle();
    for (let i = 0; i < 2; i++) {
      const [next] = sessions[0]?.unanswered ?? [];
      const isBad = `${next?.command.body.names}`.includes('b!d.com');
      sessions[0]?.answer(isBad ? 2005 : 1000, next && !isBad ? checkData(next.command) : {});
      await settle();
    }
    expect(good.told.now?.response?.results[0]?.code).toBe(1000);
    expect(bad.told.now?.response?.results[0]?.code).toBe(2005);
    expect(names(sessions[0])?.slice(1)).toEqual(['good.com b!d.com', 'good.com', 'b!d.com']);
  });

  it('finds one bad name among many by halves, and keeps everybody else together', async () => {
    const { submit, sessions, settle } = await dispatching({ checks: { maxNames: 50, coalesce: true } });
    submit(check(['first.com']));
    const callers = Array.from({ length: 32 }, (_, i) => {
      const own = i === 20 ? 'b!d.com' : `n${i}.com`;
      return { own, ...submit(check([own])) };
    });
    for (let i = 0; i < 40; i++) {
      const [next] = sessions[0]?.unanswered ?? [];
      if (next && `${next.command.body.names}`.includes('b!d.com')) sessions[0]?.answer(2005);
      else answerCheck(sessions[0]);
      await settle();
    }
    for (const { own, told } of callers) {
      expect(told.now?.response?.results[0]?.code).toBe(own === 'b!d.com' ? 2005 : 1000);
    }
    expect(sessions[0]?.sent).toHaveLength(1 + 1 + 10);
  });

  it('sends transforms before queries, and queries before background work', async () => {
    const { submit, sessions, settle } = await dispatching({ checks: { maxNames: 5, coalesce: false } });
    submit(check(['now.com']));
    submit(check(['poll.com'], { priority: 'background' }));
    submit(check(['query.com']));
    submit(create('transform.com'));
    for (let i = 0; i < 4; i++) {
      sessions[0]?.answer();
      await settle();
    }
    expect(names(sessions[0])).toEqual(['now.com', 'transform.com', 'query.com', 'poll.com']);
  });

  it('fills a session to its depth with queries, and gives a transform one to itself', async () => {
    const { submit, sessions, settle } = await dispatching({
      depth: 3,
      connections: 2,
      checks: { maxNames: 5, coalesce: false },
      transformReservePercent: 0,
    });
    for (let i = 0; i < 8; i++) submit(check([`q${i}.com`]));
    expect(sessions.map(({ inFlight }) => inFlight)).toEqual([3, 3]);
    submit(create('t.com'));
    // one session is emptied for it
    for (let i = 0; i < 3; i++) {
      sessions[0]?.answer();
      await settle();
    }
    expect(names(sessions[0])?.at(-1)).toBe('t.com');
    expect(sessions[0]?.inFlight).toBe(1);
    expect(sessions[1]?.inFlight).toBe(3);
  });

  it.each([2, 3, 5])(
    'gives each of %i tenants that flood it the same, whoever asks the most',
    async (tenants) => {
      const { submit, sessions, settle } = await dispatching({
        limit: 10_000,
        checks: { maxNames: 1, coalesce: false },
      });
      const served = new Map<string, number>();
      for (let i = 0; i < 300; i++) {
        for (let tenant = 0; tenant < tenants; tenant++) {
          // the first asks for five times as much
          for (let n = 0; n < (tenant === 0 ? 5 : 1); n++) {
            const own = `t${tenant}`;
            void submit(check([`${own}.com`], { tenant: own })).done.then(() =>
              served.set(own, (served.get(own) ?? 0) + 1),
            );
          }
        }
      }
      for (let i = 0; i < 100 * tenants; i++) {
        answerCheck(sessions[0]);
        await settle();
      }
      const shares = [...served.values()];
      expect(shares).toHaveLength(tenants);
      expect(Math.max(...shares) - Math.min(...shares)).toBeLessThanOrEqual(2);
    },
  );

  it('takes a large check apart, and refuses all of it where a part expires', async () => {
    const { submit, sessions, settle, clock } = await dispatching({
      checks: { maxNames: 2, coalesce: true },
    });
    const all = ['a.com', 'bb.com', 'c.com', 'dd.com', 'e.com'];
    const whole = submit(check(all));
    for (let i = 0; i < 3; i++) {
      answerCheck(sessions[0]);
      await settle();
    }
    expect(whole.told.now?.response?.data).toEqual({
      cd: all.map((name) => ({ name, avail: isFree(name) })),
    });
    const late = submit(check(all));
    answerCheck(sessions[0]);
    await settle();
    clock.advance(5_000);
    await settle();
    expect(late.told.now?.error).toMatchObject({ code: 'queue-expired' });
    answerCheck(sessions[0]);
    await settle();
    expect(sessions[0]?.sent).toHaveLength(3 + 2);
  });

  it('tells how long each class has waited', async () => {
    const { submit, sessions, settle, clock, observed } = await dispatching();
    submit(check(['a.com']));
    submit(create('t.com'));
    clock.advance(1_500);
    answerCheck(sessions[0]);
    await settle();
    expect(observed.waits).toEqual([
      ['query', 0],
      ['transform', 1_500],
    ]);
  });

  it('keeps its word through any requests, refusals, losses and times', async () => {
    const action = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant('check'),
          tenant: fc.nat(3),
          names: fc.array(fc.constantFrom('a.com', 'bb.com', 'ccc.com', 'd.net', 'ee.net', 'f!.com'), {
            minLength: 1,
            maxLength: 7,
          }),
        }),
      },
      { weight: 2, arbitrary: fc.record({ do: fc.constant('create'), tenant: fc.nat(3) }) },
      { weight: 6, arbitrary: fc.record({ do: fc.constant('answer'), session: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('lose'), session: fc.nat(3) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel'), pick: fc.nat() }) },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constantFrom('wait', 'hang'),
          ms: fc.constantFrom(1, 30, 400, 2_000, 6_000),
        }),
      },
    ) as fc.Arbitrary<{
      do: string;
      tenant: number;
      names: string[];
      session: number;
      pick: number;
      ms: number;
    }>;
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { maxLength: 60 }),
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        async (actions, depth, coalesce) => {
          const created = new Map<string, number>();
          const deadlines = new Map<string, number>();
          const violations: string[] = [];
          const d = await dispatching({
            connections: 3,
            depth,
            limit: 12,
            checks: { maxNames: 5, coalesce },
            onSend: ({ command, body }, session) => {
              const open = session.unanswered.map((each) => each.command.command);
              // told at the end: what is thrown here is a failure of the connection
              const wrong = (what: string, so: boolean) => so && violations.push(what);
              wrong('beyond the depth', open.length >= depth);
              wrong('beside a transform', open.includes('create'));
              if (command === 'create') {
                const name = body.name as string;
                created.set(name, (created.get(name) ?? 0) + 1);
                wrong('a transform beside others', open.length > 0);
                wrong('sent late', d.clock.monotonicMs() >= (deadlines.get(name) as number));
              } else {
                const asked = (body.names as string[]).map((each) => each.toLowerCase());
                wrong('too many names', asked.length > 5);
              }
            },
          });
          const jobs: { own: string[]; job: ReturnType<typeof d.submit> }[] = [];
          const reply = (session: ScriptedSession | undefined) => {
            const [next] = session?.unanswered ?? [];
            if (!session || !next) return;
            const { command, body } = next.command;
            if (command === 'create') session.answer(1000);
            else if ((body.names as string[]).includes('f!.com')) session.answer(2005);
            else session.answer(1000, checkData(next.command));
          };
          for (const step of actions) {
            if (step.do === 'check') {
              const own = step.names;
              jobs.push({ own, job: d.submit(check(own, { tenant: `t${step.tenant}` })) });
            } else if (step.do === 'create') {
              const name = `n${jobs.length}.com`;
              deadlines.set(name, d.clock.monotonicMs() + 5_000);
              jobs.push({ own: [], job: d.submit(create(name, { tenant: `t${step.tenant}` })) });
            } else if (step.do === 'answer') {
              reply(d.sessions[step.session % d.sessions.length]);
            } else if (step.do === 'lose') {
              d.sessions[step.session % d.sessions.length]?.lose(down);
              await d.settle();
              await d.connect();
            } else if (step.do === 'cancel') {
              jobs[step.pick % Math.max(1, jobs.length)]?.job.cancel();
            } else if (step.do === 'hang') {
              // a busy event loop: every timer is late
              d.clock.skip(step.ms);
            } else {
              d.clock.advance(step.ms);
            }
            await d.settle();
            expect(d.dispatcher.busy).toBe(d.connections.filter(({ inFlight }) => inFlight > 0).length);
          }
          // in the end everybody knows, and nothing is on its way: a part of what was refused may still be when all were told
          const unsettled = () => d.dispatcher.busy > 0 || jobs.some(({ job }) => !job.told.now);
          for (let i = 0; i < 200 && unsettled(); i++) {
            for (const session of d.sessions) reply(session);
            await d.settle();
            if (i % 20 === 19) d.clock.advance(1_000);
          }
          for (const { own, job } of jobs) {
            expect(job.told.now).toBeDefined();
            const { response } = job.told.now ?? {};
            if (!response || own.length === 0) continue;
            if (own.includes('f!.com')) expect(response.results[0]?.code).toBe(2005);
            else expect(response.data).toEqual({ cd: own.map((name) => ({ name, avail: isFree(name) })) });
          }
          for (const times of created.values()) expect(times).toBe(1);
          expect(violations).toEqual([]);
          expect([d.dispatcher.waiting, d.dispatcher.busy]).toEqual([0, 0]);
        },
      ),
      { numRuns: 60 },
    );
  });
});
