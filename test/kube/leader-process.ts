/**
 * A process that campaigns for a Lease and, as long as it takes itself for the leader, writes its name into a ConfigMap by force:
 * a writer that nothing but its own restraint keeps from doing harm. What it does is told on stdout, a line each.
 *
 *   node leader-process.ts KUBECONFIG NAMESPACE IDENTITY
 */
import { CONFIG_MAP } from '../../src/kube/builtin.ts';
import { createClient } from '../../src/kube/client.ts';
import { loadClusterConfig } from '../../src/kube/cluster-config.ts';
import { guardedClient, NotLeaderError } from '../../src/kube/guarded-client.ts';
import { LeaderElection } from '../../src/kube/leader-election.ts';
import { systemClock as clock } from '../../src/lib/clock.ts';
import { silentLog as log } from '../../src/lib/log.ts';
import { shutdownSignal } from '../../src/lib/shutdown.ts';

const [kubeconfig = '', namespace = '', identity = ''] = process.argv.slice(2);
const tell = (line: string) => process.stdout.write(`${line}\n`);

const config = await loadClusterConfig({ kubeconfig, env: {} });
const client = createClient(config, { clock, log });
const election = new LeaderElection({
  client: createClient(config, { clock, log, connections: 1 }),
  clock,
  log,
  namespace,
  name: 'election',
  identity,
  leaseDurationMs: 6_000,
  renewDeadlineMs: 4_000,
  retryPeriodMs: 300,
});

/** Asked for by SIGUSR2: stands still right before its next write. Stopped at any moment, it may have handed one out that is not on the wire. */
let pauseNext = false;
process.on('SIGUSR2', () => {
  pauseNext = true;
});

async function work(signal: AbortSignal): Promise<void> {
  tell('leading');
  signal.addEventListener('abort', () => tell('aborted'), { once: true });
  const guarded = guardedClient(client, election.isLeader, signal);
  // The signal ends it when the process is asked to stop, but not when leadership is lost: then the guard alone must hold.
  for (let n = 0; !(signal.aborted && election.isLeader()); n += 1) {
    if (pauseNext) {
      pauseNext = false;
      process.kill(process.pid, 'SIGSTOP');
    }
    try {
      await guarded.apply(CONFIG_MAP, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { namespace, name: 'work' },
        data: { by: identity, n: String(n) },
      });
      tell('wrote');
    } catch (error) {
      if (error instanceof NotLeaderError) {
        tell('refused');
        return;
      }
      tell(`failed: ${error}`);
    }
    await clock.sleep(5);
  }
}

tell(await election.run(shutdownSignal(process), { onStarted: work }));
process.exit(0);
