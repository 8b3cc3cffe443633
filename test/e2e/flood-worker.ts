/** A thread that floods a gateway with checks: whoever measures others must not be busy with them. `workerData` is a FloodOrder. */
import { parentPort, workerData } from 'node:worker_threads';
import { Load } from './gateway-load.ts';

export interface FloodOrder {
  url: string;
  perSecond: number;
}

const { url, perSecond } = workerData as FloodOrder;
const flood = new Load(url, {
  checks: { path: '/com/check', perSecond, body: (number) => ({ names: [`flood-${number}.com`] }) },
});
// Told once: from then on it is a flood.
const timer = setInterval(() => {
  if (!flood.answers.checks.some(({ status }) => status === 503)) return;
  clearInterval(timer);
  parentPort?.postMessage('too many');
}, 100);
parentPort?.once('message', async () => {
  clearInterval(timer);
  await flood.stop();
  process.exit();
});
