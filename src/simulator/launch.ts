/** Launch phases and trademark claims (RFC 8334): registrations of the phase that runs, no applications. */
import type { Policy } from './policy.ts';
import { Refusal } from './registry.ts';
import type { Told } from './tell.ts';

interface Phase {
  value: string;
  name?: string;
}
interface LaunchCheck {
  type?: 'claims' | 'avail' | 'trademark';
  phase?: Phase;
}
interface LaunchCreate {
  type?: 'application' | 'registration';
  phase: Phase;
  notices?: unknown[];
}

/** `launch:chkData` of a check for claims; undefined of one for availability. Throws 2306 on another phase. */
export function claimsOf(policy: Policy, given: unknown, names: readonly string[]): Told | undefined {
  const { type = 'claims', phase } = given as LaunchCheck;
  if (phase) inPhase(policy, phase);
  if (type === 'avail') return undefined;
  const { claims } = policy.launch;
  const cd = names.map((name) => {
    const lower = name.toLowerCase();
    const key = Object.hasOwn(claims, lower) ? claims[lower] : undefined;
    return { name, exists: key !== undefined, ...(key === undefined ? {} : { claimKeys: [{ value: key }] }) };
  });
  const value = { ...(type === 'claims' ? { phase: phase ?? { value: 'claims' } } : {}), cd };
  return { name: 'launch', element: 'chkData', value };
}

/** Of a create. Throws 2306, 2102 and 2003. */
export function checkLaunch(policy: Policy, given: unknown, name: string): void {
  const launch = given as LaunchCreate | undefined;
  if (launch) {
    inPhase(policy, launch.phase);
    if (launch.type === 'application') throw new Refusal(2102, 'there are no applications here');
  }
  const { phase, claims } = policy.launch;
  if (phase === 'claims' && claims[name] !== undefined && launch?.notices === undefined) {
    throw new Refusal(2003, 'the claims notice of this name must be accepted');
  }
  if (phase === 'sunrise' && !launch) throw new Refusal(2003, 'in sunrise a create names its marks');
}

export function launchInfo(policy: Policy, given: unknown): Told {
  const { phase, applicationID } = given as { phase: Phase; applicationID?: string };
  if (applicationID !== undefined) noApplications();
  inPhase(policy, phase);
  return { name: 'launch', element: 'infData', value: { phase } };
}

export function noApplications(): never {
  throw new Refusal(2303, 'there is no such application');
}

/** A name may always be looked at, and registered, in a phase that is over: "open" and "claims" run side by side. */
function inPhase({ launch }: Policy, { value }: Phase): void {
  const open = launch.phase === 'open' || launch.phase === 'claims';
  if (value === launch.phase || (open && (value === 'open' || value === 'claims'))) return;
  throw new Refusal(2306, `the phase is ${launch.phase}`);
}
