/** What is said below a row, or on top of all. */
import type { Health, Trouble } from '../overview.ts';
import type { Unreadable } from '../watched-objects.ts';
import { age } from './age.ts';
import type { Style } from './look.ts';
import type { Note } from './table.ts';

export const HEALTH_STYLES: Readonly<Record<Health, Style>> = {
  Ready: 'good',
  Progressing: 'passing',
  Degraded: 'bad',
  Unknown: 'bad',
};

export function troubleNotes(of: { health: Health; troubles: readonly Trouble[] }, at: string): Note[] {
  return of.troubles.map(({ reason, message, since }) => ({
    mark: '! ',
    text: `${reason}${since === undefined ? '' : `, ${age(since, at)}`}: ${message}`,
    style: of.health === 'Ready' ? 'passing' : HEALTH_STYLES[of.health],
  }));
}

export function unreadableNote({ part, resource, reason }: Unreadable): Note {
  const { apiVersion, plural } = resource;
  const [group] = apiVersion.split('/');
  const kind = apiVersion.includes('/') ? `${plural}.${group}` : plural;
  const less =
    part === 'ledgers' || part === 'leases'
      ? 'connections are those that the operator last wrote into status, some seconds old'
      : 'they are missing below';
  const why =
    reason === 'Forbidden'
      ? `you may not list ${kind}`
      : `this cluster has no ${kind} (its definitions are older)`;
  return { mark: '! ', text: `${why}: ${less}`, style: 'passing' };
}
