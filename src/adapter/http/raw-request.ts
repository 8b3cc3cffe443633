/** `POST /{tld}/raw`: a command as XML, in JSON or as it is. Pure. */
import { RAW, readRaw } from '../../epp/commands/raw.ts';
import { XmlBody } from './bodies.ts';
import { type CheckedRequest, checked, invalid, isRecord, type RequestParts } from './command-request.ts';
import { bodyField } from './problems.ts';

/** The names in it are not compared with the TLD of the path: that picks the account alone. */
export function checkRaw({ body }: RequestParts): CheckedRequest {
  const given = body instanceof XmlBody ? { xml: body.xml } : body;
  if (!isRecord(given)) {
    return invalid([bodyField('body', 'must be a JSON object with the field xml, or application/xml')]);
  }
  const read = checked({ command: RAW, body: given }, RAW);
  // XML by itself has no field to point to
  if ('errors' in read && body instanceof XmlBody) {
    return invalid(read.errors.map(({ message }) => ({ field: 'body', message })));
  }
  if ('errors' in read) return read;
  return { ...read, operation: `${RAW}:${readRaw(String(read.command.body.xml)).verb}` };
}
