import { customKinds } from '../../src/embedded/custom-kinds.ts';
import { EmbeddedStore } from '../../src/embedded/store.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { silentLog } from '../../src/lib/log.ts';
import { describeContract } from '../kube/contract.ts';

describeContract('the embedded API', async () => ({
  client: new EmbeddedStore({ clock: systemClock, log: silentLog, kinds: customKinds() }),
  close: async () => {},
}));
