import { Command, Option } from 'commander';
import { Registry } from 'prom-client';
import { type CoreEvent, EVENT } from '../kube/builtin.ts';
import { Informer } from '../kube/informer.ts';
import type { KubeClient } from '../kube/interfaces.ts';
import { systemClock as clock } from '../lib/clock.ts';
import { createLog, type Log } from '../lib/log.ts';
import { shutdownSignal } from '../lib/shutdown.ts';
import type { ClusterObjects } from '../overview/cluster-objects.ts';
import { overviewOf } from '../overview/overview-of.ts';
import { recentEvents } from '../overview/recent-events.ts';
import { LastWarning } from '../overview/terminal/last-warning.ts';
import { lookOf } from '../overview/terminal/look.ts';
import { Redraw } from '../overview/terminal/redraw.ts';
import { renderStatus, type StatusView } from '../overview/terminal/render-status.ts';
import { openScreen } from '../overview/terminal/screen.ts';
import {
  type Listed,
  type ListedObjects,
  listEvents,
  listObjects,
  OUR_EVENTS,
  type Unreadable,
  watchObjects,
} from '../overview/watched-objects.ts';
import { addClusterOptions, type ClusterOptions, connect, numberBetween } from './cluster-options.ts';

interface Options extends ClusterOptions {
  namespace?: string;
  allNamespaces?: boolean;
  watch?: boolean;
  json?: boolean;
  leases?: boolean;
  events: number;
  failOnTrouble?: boolean;
}

/** With --fail-on-trouble, where something is not well: 1 is an error, 2 the changes of `eppset plan`. */
const EXIT_TROUBLE = 3;
const FRAME_MS = 250;
/** Ages are shown in seconds at first. */
const AGES_MS = 1_000;

export function statusCommand(): Command {
  const command = new Command('status')
    .description('accounts with their connections, sets, gateways and recent events')
    .option('-n, --namespace <name>', "look in this namespace; default: the kubeconfig's")
    .option('-A, --all-namespaces', 'look in all namespaces')
    .option('-w, --watch', 'draw again whenever something changes, until Ctrl-C')
    .option('--json', 'print JSON; with --watch one line for each change')
    .option('--leases', 'show the lease of each pod')
    .option('--events <number>', 'show so many of the last events', numberBetween(0, 1_000), 10)
    .addOption(
      new Option(
        '--fail-on-trouble',
        `exit with ${EXIT_TROUBLE} when something is degraded, not judged, or may not be read`,
      ).conflicts('watch'),
    );
  return addClusterOptions(command, { logLevel: 'error' }).action(run);
}

async function run(options: Options): Promise<void> {
  const stop = shutdownSignal(process);
  // Whoever reads has seen enough, as `head` has.
  process.stdout.on('error', () => process.exit());
  const warning = new LastWarning(clock);
  const isDrawnOver = options.watch && !options.json && process.stdout.isTTY;
  const destination = isDrawnOver ? warning : process.stderr;
  const log = createLog({ name: 'status', level: options.watch ? 'warn' : options.logLevel, destination });
  const { client, config } = await connect(options, { log, metrics: new Registry() });
  const namespace = options.allNamespaces ? undefined : (options.namespace ?? config.namespace ?? 'default');
  try {
    const first = await look(client, { options, namespace }, stop);
    if (options.watch) {
      await watch({ client, log, warning, namespace, options, first }, stop);
    } else {
      print(first, options);
      if (options.failOnTrouble && hasTrouble(first)) process.exitCode = EXIT_TROUBLE;
    }
  } catch (error) {
    if (!stop.aborted) throw error;
  } finally {
    await client.close();
  }
}

interface Scope {
  options: Options;
  namespace: string | undefined;
}

async function look(client: KubeClient, scope: Scope, signal: AbortSignal): Promise<StatusView> {
  const { options, namespace } = scope;
  const [{ objects, unreadable }, events]: [ListedObjects, Listed<CoreEvent>] = await Promise.all([
    listObjects(client, namespace, signal),
    options.events === 0 ? {} : listEvents(client, namespace, signal),
  ]);
  refuseNothing(unreadable, namespace);
  const missing = [...unreadable, ...(events.unreadable === undefined ? [] : [events.unreadable])];
  return viewOf({ objects, events: events.items ?? [], unreadable: missing }, scope);
}

function viewOf(
  found: { objects: ClusterObjects; events: readonly CoreEvent[]; unreadable: readonly Unreadable[] },
  { options, namespace }: Scope,
): StatusView {
  return {
    overview: overviewOf(found.objects, clock.wall().toISOString()),
    events: recentEvents(found.events, options.events),
    unreadable: found.unreadable,
    namespace,
    leases: options.leases ?? false,
  };
}

/** @throws Error when there is nothing that one could be shown */
function refuseNothing(unreadable: readonly Unreadable[], namespace: string | undefined): void {
  const main = unreadable.filter(({ part }) => ['registries', 'sets', 'gateways'].includes(part));
  if (main.length < 3) return;
  if (main.every(({ reason }) => reason === 'NotServed')) {
    throw new Error(
      'the cluster does not know the kinds of eppset.io: install the operator, or its definitions',
    );
  }
  const where = namespace === undefined ? 'in all namespaces: try one with -n' : `in namespace ${namespace}`;
  throw new Error(`you may list no object of eppset.io ${where} (${main[0]?.message})`);
}

function hasTrouble({ overview, unreadable }: StatusView): boolean {
  const all = [...overview.accounts, ...overview.sets, ...overview.gateways];
  return (
    unreadable.some(({ part }) => part !== 'events') ||
    all.some(({ health }) => health === 'Degraded' || health === 'Unknown')
  );
}

function json({ overview, events, unreadable }: StatusView): object {
  const missing = unreadable.map(({ resource, reason }) => ({ resource: resource.plural, reason }));
  return { ...overview, events, unreadable: missing };
}

function print(view: StatusView, options: Options): void {
  const lines = options.json
    ? [JSON.stringify(json(view), null, 2)]
    : renderStatus(view, lookOf(process.stdout, process.env));
  process.stdout.write(`${lines.join('\n')}\n`);
}

interface Watch extends Scope {
  client: KubeClient;
  log: Log;
  warning: LastWarning;
  first: StatusView;
}

/** Until the signal. What was listed first is shown until the watches have all of it. */
async function watch({ client, log, warning, first, ...scope }: Watch, stop: AbortSignal): Promise<void> {
  const { options, namespace } = scope;
  const { unreadable } = first;
  const without = unreadable.map(({ part }) => part);
  const watched = watchObjects({ client, clock, log, namespace, without });
  const where = namespace === undefined ? {} : { namespace };
  const events =
    options.events === 0 || without.includes('events')
      ? undefined
      : new Informer<CoreEvent>({ client, clock, log, resource: EVENT, ...where, ...OUR_EVENTS });
  const isSynced = () => watched.hasSynced() && events?.hasSynced !== false;
  const now = () =>
    isSynced()
      ? viewOf({ objects: watched.objects(), events: events?.list() ?? [], unreadable }, scope)
      : first;
  const output = options.json ? jsonOutput() : drawnOutput(warning);
  const redraw = new Redraw(clock, () => output.show(now()), FRAME_MS);
  const changed = () => {
    warning.forget();
    redraw.ask();
  };
  watched.onChange(changed);
  events?.onEvent(changed);
  process.stdout.on('resize', () => redraw.ask());
  redraw.ask();
  try {
    const running = [watched.run(stop), events?.run(stop)];
    for (;;) {
      await clock.sleep(AGES_MS, stop).catch(() => undefined);
      if (stop.aborted) break;
      redraw.ask();
    }
    await Promise.all(running);
  } finally {
    redraw.stop();
    output.close();
  }
}

interface ViewOutput {
  show(view: StatusView): void;
  close(): void;
}

/** A terminal is drawn anew, so that ages grow; a pipe gets a frame for each change. */
function drawnOutput(warning: LastWarning): ViewOutput {
  const screen = openScreen(process.stdout);
  const close = () => screen.close();
  // Also when a second Ctrl-C ends the process at once.
  process.once('exit', close);
  const draw = (view: StatusView) =>
    screen.draw(renderStatus({ ...view, notice: warning.current() }, lookOf(process.stdout, process.env)));
  return { show: process.stdout.isTTY ? draw : whenChanged(draw), close };
}

function jsonOutput(): ViewOutput {
  const show = whenChanged((view) => void process.stdout.write(`${JSON.stringify(json(view))}\n`));
  return { show, close() {} };
}

/** Passes on what differs from the last one in more than its time. */
function whenChanged(show: (view: StatusView) => void): (view: StatusView) => void {
  let last = '';
  return (view) => {
    const text = JSON.stringify({ ...view, overview: { ...view.overview, at: '' } });
    if (text !== last) show(view);
    last = text;
  };
}
