/** The registry's documents (RFC 5730 sections 2.4 and 2.6). */
import { EPP_URI, OBJECT_URIS } from '../epp/namespaces.ts';
import { RESULT_MESSAGES, type ResultCode } from '../epp/result-codes.ts';
import { document, escapeXml } from '../epp/xml-write.ts';

export const OBJECT_SERVICES: readonly string[] = Object.values(OBJECT_URIS);

/** What a command comes to. `resData` and `msgQ` are elements as XML, `extension` is what stands in that element. */
export interface Reply {
  code: ResultCode;
  resData?: string;
  msgQ?: string;
  extension?: string;
  /** `<extValue>` elements: what a login did not ask for, and is told all the same (RFC 9038). */
  unhandled?: string;
  /** Why, as `<extValue><value/><reason>`. */
  reason?: string;
}

/** @param extensions the URIs of the extensions that are offered */
export function greeting(
  now: Date,
  extensions: readonly string[] = [],
  objects: readonly string[] = OBJECT_SERVICES,
): string {
  const objURIs = objects.map((uri) => `<objURI>${uri}</objURI>`).join('');
  const extURIs = extensions.map((uri) => `<extURI>${escapeXml(uri)}</extURI>`).join('');
  const svcExtension = extURIs === '' ? '' : `<svcExtension>${extURIs}</svcExtension>`;
  return document(
    `<greeting><svID>eppset simulator</svID><svDate>${now.toISOString()}</svDate>` +
      `<svcMenu><version>1.0</version><lang>en</lang>${objURIs}${svcExtension}</svcMenu>` +
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
  const unhandled = reply.unhandled ?? '';
  const extension = reply.extension ? `<extension>${reply.extension}</extension>` : '';
  const client = clTRID === undefined ? '' : `<clTRID>${escapeXml(clTRID)}</clTRID>`;
  return (
    `${HEAD}<response>${RESULTS.get(reply.code)}${reason}${unhandled}</result>${reply.msgQ ?? ''}` +
    `${reply.resData ?? ''}${extension}<trID>${client}<svTRID>${svTRID}</svTRID></trID></response></epp>`
  );
}
