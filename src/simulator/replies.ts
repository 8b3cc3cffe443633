/** The registry's documents (RFC 5730 sections 2.4 and 2.6). */
import { CONTACT_URI, DOMAIN_URI, EPP_URI, HOST_URI } from '../epp/namespaces.ts';
import { RESULT_MESSAGES, type ResultCode } from '../epp/result-codes.ts';
import { document, escapeXml } from '../epp/xml-write.ts';

export const OBJECT_SERVICES: readonly string[] = [DOMAIN_URI, HOST_URI, CONTACT_URI];

/** What a command comes to. `resData` and `msgQ` are elements as XML. */
export interface Reply {
  code: ResultCode;
  resData?: string;
  msgQ?: string;
  /** Why, as `<extValue><value/><reason>`. */
  reason?: string;
}

/** @param extensions the URIs of the extensions that are offered */
export function greeting(now: Date, extensions: readonly string[] = []): string {
  const objects = OBJECT_SERVICES.map((uri) => `<objURI>${uri}</objURI>`).join('');
  const extURIs = extensions.map((uri) => `<extURI>${escapeXml(uri)}</extURI>`).join('');
  const svcExtension = extURIs === '' ? '' : `<svcExtension>${extURIs}</svcExtension>`;
  return document(
    `<greeting><svID>eppset simulator</svID><svDate>${now.toISOString()}</svDate>` +
      `<svcMenu><version>1.0</version><lang>en</lang>${objects}${svcExtension}</svcMenu>` +
      '<dcp><access><all/></access><statement><purpose><prov/></purpose><recipient><ours/></recipient>' +
      '<retention><stated/></retention></statement></dcp></greeting>',
  );
}

const HEAD = document('').replace('</epp>', '').replace('/>', '>');
const RESULTS = new Map(
  Object.entries(RESULT_MESSAGES).map(([code, message]) => [
    Number(code),
    `<result code="${code}"><msg>${message}</msg>`,
  ]),
);

/** Built by hand from constant parts: this is most of the work at 20,000 commands a second. */
export function response(reply: Reply, clTRID: string | undefined, svTRID: string): string {
  const reason =
    reply.reason === undefined
      ? ''
      : `<extValue><value><undef xmlns="${EPP_URI}"/></value><reason>${escapeXml(reply.reason)}</reason></extValue>`;
  const client = clTRID === undefined ? '' : `<clTRID>${escapeXml(clTRID)}</clTRID>`;
  return (
    `${HEAD}<response>${RESULTS.get(reply.code)}${reason}</result>${reply.msgQ ?? ''}${reply.resData ?? ''}` +
    `<trID>${client}<svTRID>${svTRID}</svTRID></trID></response></epp>`
  );
}
