import { customKinds } from '../../src/embedded/custom-kinds.ts';
import { EndpointSlices } from '../../src/embedded/endpoint-slices.ts';
import { EmbeddedStore } from '../../src/embedded/store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { describeContract } from '../kube/contract.ts';

describeContract('the embedded API', async () => {
  const client = new EmbeddedStore({ clock: systemClock, log: silentLog, kinds: customKinds() });
  const stop = new AbortController();
  const endpoints = new EndpointSlices({ client, clock: systemClock, log: silentLog }).run(stop.signal);
  return {
    client,
    async close() {
      stop.abort();
      await endpoints;
    },
  };
});
