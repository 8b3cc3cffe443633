/** The console's page: who looks, the stream, and what it shows. */
import type { Overview } from '../../overview/overview.ts';
import { accountView } from './accounts.ts';
import { byId, el, list, setAttribute, setText, type View } from './dom.ts';
import { type GatewayItem, gatewayItems, gatewayView } from './gateways.ts';
import { LiveStream, type State } from './live-stream.ts';
import { type Concern, concernsOf, severalNamespaces } from './marks.ts';
import { setView } from './sets.ts';
import { Timeline } from './timeline.ts';
import { totals } from './totals.ts';
import { duration, timeOfDay } from './words.ts';

const TOKEN = 'eppset-token';
const TICK_MS = 1_000;

const named = ({ namespace, name }: { namespace: string; name: string }): string => `${namespace}/${name}`;
const form = byId('sign-in') as HTMLFormElement;
const field = byId('token') as HTMLInputElement;
const content = byId('content');
const forget = byId('forget');
const timeline = new Timeline();
const showTotals = totals();
const showTroubles = list(
  byId('troubles').querySelector('ul') as Element,
  ({ key }: Concern) => key,
  concernView,
);
const showAccounts = list(byId('accounts'), named, accountView);
const showSets = list(byId('sets'), named, setView);
const showGateways = list<GatewayItem>(byId('gateways'), named, gatewayView);

let stream: LiveStream | undefined;
let state: State = { kind: 'connecting' };
/** The server's clock less ours. */
let offsetMs = 0;
let seenMs: number | undefined;

function start(token: string | undefined): void {
  stream?.stop();
  form.hidden = true;
  forget.hidden = token === undefined;
  stream = new LiveStream(
    {
      onState(next) {
        state = next;
        tick();
      },
      onOffset(ms) {
        offsetMs = ms;
      },
      onOverview: show,
      onHandOvers(handOvers, reset) {
        timeline.add(handOvers, reset);
        tick();
      },
      onRefused(status) {
        askForToken(
          status === 401
            ? 'The cluster does not accept this token (any more).'
            : 'Whoever this token belongs to may list no eppset objects in any namespace.',
        );
      },
    },
    token,
  );
}

function askForToken(problem = ''): void {
  stream?.stop();
  stream = undefined;
  sessionStorage.removeItem(TOKEN);
  field.value = '';
  content.hidden = true;
  forget.hidden = true;
  form.hidden = false;
  setText(byId('token-problem'), problem);
  setAttribute(field, 'aria-invalid', problem === '' ? undefined : 'true');
  setState('signed-out', 'not signed in');
  field.focus();
}

function show(overview: Overview): void {
  seenMs = Date.parse(overview.at);
  setAttribute(document.body, 'class', severalNamespaces(overview) ? 'several-namespaces' : '');
  showTotals(overview);
  const concerns = concernsOf(overview);
  byId('troubles').hidden = concerns.length === 0;
  showTroubles(concerns);
  showAccounts(overview.accounts);
  showSets(overview.sets);
  showGateways(gatewayItems(overview));
  content.hidden = false;
  byId('sets').hidden = overview.sets.length === 0;
  tick();
}

/** What changes with time alone. */
function tick(): void {
  if (stream === undefined) return;
  const since = state.kind === 'reconnecting' ? ` for ${duration(Date.now() - state.sinceMs)}` : '';
  setState(state.kind, state.kind, since);
  timeline.show(Date.now() + offsetMs);
  for (const note of document.querySelectorAll<HTMLElement>('[data-empty]'))
    note.hidden = byId(note.dataset.empty ?? '').childElementCount > 0;
  if (seenMs !== undefined) setText(byId('as-of'), `last change ${timeOfDay(seenMs)}`);
}

/** @param since not read out: it changes each second */
function setState(kind: string, text: string, since = ''): void {
  const element = byId('state');
  setAttribute(element, 'data-state', kind);
  const [told, shown] = element.children;
  if (told !== undefined) setText(told, text);
  if (shown !== undefined) setText(shown, since);
  content.classList.toggle('stale', kind === 'reconnecting');
}

function concernView(): View<Concern> {
  const who = el('strong');
  const what = el('span.reason');
  const message = el('p');
  return {
    element: el('li', {}, who, ' ', what, message),
    update({ kind, name, trouble }) {
      setText(who, `${kind} ${name}`);
      setText(what, `${trouble.type}: ${trouble.reason}`);
      setText(message, trouble.message);
    },
  };
}

async function needsToken(): Promise<boolean> {
  for (;;) {
    try {
      const answer = await fetch('api/access');
      const { needsToken, version } = (await answer.json()) as { needsToken: boolean; version: string };
      setText(byId('version'), `eppset ${version}`);
      return needsToken;
    } catch {
      setState('reconnecting', 'no answer yet');
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const token = field.value.trim();
  if (token === '') return;
  sessionStorage.setItem(TOKEN, token);
  field.value = '';
  start(token);
});
forget.addEventListener('click', () => {
  sessionStorage.removeItem(TOKEN);
  // Nothing of what was seen stays behind
  location.reload();
});
window.addEventListener('online', () => stream?.hurry());
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) stream?.hurry();
});
setInterval(tick, TICK_MS);

const kept = sessionStorage.getItem(TOKEN);
if (!(await needsToken())) start(undefined);
else if (kept === null) askForToken();
else start(kept);
