/** What a registry offers, as its greeting says, and what of a command it cannot be told therefore. Pure. */
import { offerIssues } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import type { CommandIssue } from '../epp/commands/issues.ts';
import type { Offer } from '../epp/extensions/catalogue.ts';
import { loginServices } from '../epp/login.ts';
import type { Profile } from '../epp/profiles/profile.ts';
import type { Greeting } from '../epp/responses/greeting.ts';

/** Names what the registry would refuse or could not read; nothing where all can be sent. */
export type OfferCheck = (command: EppCommand, greeting: Greeting) => readonly CommandIssue[];

/** @param profile of the account's logins */
export function offerCheck(profile: Profile): OfferCheck {
  const offers = new WeakMap<Greeting, Offer>();
  const offerOf = (greeting: Greeting): Offer => {
    const known = offers.get(greeting);
    if (known) return known;
    const { objURIs, extURIs } = loginServices(greeting, profile);
    const offer = {
      announced: new Set([...greeting.objURIs, ...greeting.extURIs]),
      asked: new Set([...objURIs, ...extURIs]),
    };
    offers.set(greeting, offer);
    return offer;
  };
  return (command, greeting) => offerIssues(command, offerOf(greeting));
}
