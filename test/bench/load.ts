/** Callers of an adapter's HTTP face. Every answer is compared with what was asked. */
import { Pool } from 'undici';

export interface Measured {
  /** Names (of checks) or commands a second that were answered. */
  perSecond: number;
  /** Milliseconds of each request, sorted. */
  times: number[];
  /** Requests that were not answered 200. */
  failed: number;
}

export const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;

let asked = 0;
const freshNames = (count: number): string[] =>
  Array.from({ length: count }, () => `name-${(++asked).toString(36)}.com`);

/** Callers that each wait for their answer before they ask again, each for `names` names. */
export async function closedLoop(
  url: string,
  options: { callers: number; names: number; seconds: number },
): Promise<Measured> {
  const { callers, names, seconds } = options;
  const pool = new Pool(url, { connections: callers, pipelining: 1 });
  const startMs = performance.now();
  const endMs = startMs + seconds * 1_000;
  const times: number[] = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: callers }, async () => {
      while (performance.now() < endMs) {
        const began = performance.now();
        if (await check(pool, freshNames(names))) times.push(performance.now() - began);
        else failed++;
      }
    }),
  );
  const took = (performance.now() - startMs) / 1_000;
  await pool.close();
  return { perSecond: (times.length * names) / took, times: times.sort((a, b) => a - b), failed };
}

/** So many requests a second, evenly spaced, whether or not answers keep up. */
export async function openLoop(
  url: string,
  options: { perSecond: number; seconds: number },
): Promise<Measured> {
  const { perSecond, seconds } = options;
  const pool = new Pool(url, { connections: 2_000, pipelining: 1 });
  const startMs = performance.now();
  const times: number[] = [];
  let failed = 0;
  const pending = new Set<Promise<void>>();
  const total = Math.round(perSecond * seconds);
  for (let sent = 0; sent < total; ) {
    const due = Math.min(total, Math.floor(((performance.now() - startMs) / 1_000) * perSecond));
    for (; sent < due; sent++) {
      const began = performance.now();
      const one = check(pool, freshNames(1)).then((ok) => {
        if (ok) times.push(performance.now() - began);
        else failed++;
        pending.delete(one);
      });
      pending.add(one);
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await Promise.all(pending);
  const took = (performance.now() - startMs) / 1_000;
  await pool.destroy();
  return { perSecond: times.length / took, times: times.sort((a, b) => a - b), failed };
}

/** Creates by callers that each wait for their answer. */
export async function creates(url: string, options: { callers: number; seconds: number }): Promise<Measured> {
  const pool = new Pool(url, { connections: options.callers, pipelining: 1 });
  const startMs = performance.now();
  const endMs = startMs + options.seconds * 1_000;
  const times: number[] = [];
  let failed = 0;
  await Promise.all(
    Array.from({ length: options.callers }, async () => {
      while (performance.now() < endMs) {
        const began = performance.now();
        const [name] = freshNames(1);
        const { status } = await post(pool, '/com/create', {
          name: `new-${name}`,
          authInfo: { pw: 'transfer-1' },
        });
        if (status === 200) times.push(performance.now() - began);
        else failed++;
      }
    }),
  );
  await pool.close();
  const took = (performance.now() - startMs) / 1_000;
  return { perSecond: times.length / took, times: times.sort((a, b) => a - b), failed };
}

/** False when it was refused. Throws when the answer is another's. */
async function check(pool: Pool, names: readonly string[]): Promise<boolean> {
  const { status, text } = await post(pool, '/com/check', { names });
  if (status !== 200) return false;
  const answer = JSON.parse(text) as { data?: { cd: { name: string }[] } };
  const told = answer.data?.cd.map(({ name }) => name);
  if (told?.join() !== names.join()) throw new Error(`asked for ${names.join()}, answered ${text}`);
  return true;
}

async function post(pool: Pool, path: string, body: object): Promise<{ status: number; text: string }> {
  const { statusCode, body: answer } = await pool.request({
    method: 'POST',
    path,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return { status: statusCode, text: await answer.text() };
}
