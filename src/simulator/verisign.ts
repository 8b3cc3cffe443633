/** Verisign's own: which of its registries a command is for (namestoreExt-1.1), and who sponsors a domain (whoisInf-1.0). */
import { subProductOf } from '../epp/extensions/namestore.ts';
import { isServed } from './names.ts';
import { Refusal, type Request } from './registry.ts';
import { type Told, tellExtensions } from './tell.ts';

/** Echoed with each answer. Throws 2306 on a product that is not served, or is not the domain's. */
export function namestore(request: Request): Told[] {
  const given = request.extensions.namestoreExt as { subProduct: string } | undefined;
  if (!given) return [];
  const { tlds } = request.registry;
  const tld = [...tlds].find((one) => subProductOf(one) === given.subProduct);
  const { name } = request.body;
  const other = typeof name === 'string' && isServed(tlds, name) && !name.toLowerCase().endsWith(`.${tld}`);
  if (tld !== undefined && !other) return [{ name: 'namestoreExt', element: 'namestoreExt', value: given }];
  const text = 'Specified sub-product does not exist';
  const told = { name: 'namestoreExt', element: 'nsExtErrData', value: { msg: { code: 1, text } } };
  throw new Refusal(2306, text, tellExtensions(request, [told]));
}

export function whoisInfo({ extensions }: Request, sponsor: string): Told[] {
  if (!(extensions.whoisInf as { flag?: boolean } | undefined)?.flag) return [];
  const value = { registrar: sponsor, whoisServer: 'whois.example', url: 'http://registrar.example' };
  return [{ name: 'whoisInf', element: 'whoisInfData', value }];
}
