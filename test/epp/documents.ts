/** Documents to read, mutate and compare: small ones of our own, and the sample frames where they are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';

/** Sample frames of other implementations: EPP_SAMPLES_DIR, or where a checkout of them usually stands. */
const SAMPLES = process.env.EPP_SAMPLES_DIR ?? resolve(import.meta.dirname, '../../../shared/epp/samples');

/** `[path below the directory, content]` of all samples whose path holds `part`; none where there are no samples. */
export function samples(part: string): [string, string][] {
  if (!existsSync(SAMPLES)) return [];
  return readdirSync(SAMPLES, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.xml'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => path.includes(part))
    .sort()
    .map((path) => [relative(SAMPLES, path), readFileSync(path, 'utf8')]);
}

export const NO_SAMPLES = `no sample frames in ${SAMPLES}; set EPP_SAMPLES_DIR`;

export function response(parts: {
  results?: string;
  msgQ?: string;
  resData?: string;
  extension?: string;
  trID?: string;
}): string {
  const { results = '<result code="1000"><msg>Command completed successfully</msg></result>' } = parts;
  const { msgQ = '', resData = '', extension = '' } = parts;
  const { trID = '<trID><clTRID>ABC-12345</clTRID><svTRID>54321-XYZ</svTRID></trID>' } = parts;
  return (
    '<?xml version="1.0" encoding="UTF-8"?><epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><response>' +
    `${results}${msgQ}${resData === '' ? '' : `<resData>${resData}</resData>`}` +
    `${extension === '' ? '' : `<extension>${extension}</extension>`}${trID}</response></epp>`
  );
}

export const GREETING =
  '<epp xmlns="urn:ietf:params:xml:ns:epp-1.0"><greeting><svID>Example EPP server epp.example.com</svID>' +
  '<svDate>2000-06-08T22:00:00.0Z</svDate><svcMenu><version>1.0</version><lang>en</lang><lang>fr</lang>' +
  '<objURI>urn:ietf:params:xml:ns:domain-1.0</objURI><objURI>urn:ietf:params:xml:ns:host-1.0</objURI>' +
  '<svcExtension><extURI>urn:ietf:params:xml:ns:secDNS-1.1</extURI></svcExtension></svcMenu>' +
  '<dcp><access><all/></access><statement><purpose><admin/><prov/></purpose><recipient><ours/><public/></recipient>' +
  '<retention><stated/></retention></statement></dcp></greeting></epp>';

export const xmlCorpus: readonly string[] = [
  GREETING,
  response({}),
  response({
    resData:
      '<domain:chkData xmlns:domain="urn:ietf:params:xml:ns:domain-1.0"><domain:cd><domain:name avail="0">a.com</domain:name>' +
      '<domain:reason lang="en">In use</domain:reason></domain:cd></domain:chkData>',
    extension: '<x:y xmlns:x="urn:x"><![CDATA[<&]]>&#233;<!-- c --></x:y>',
  }),
  '<p:a xmlns:p="urn:1" q="&quot;"><p:b xmlns:p="urn:2" p:c=""/>text<c xmlns="urn:3"><d/></c></p:a>',
  ...samples('/response/').map(([, content]) => content),
];
