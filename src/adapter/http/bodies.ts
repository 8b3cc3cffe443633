/** How bodies are read: JSON everywhere, XML where a command is XML itself. What cannot be read never reaches a handler. */
import { isUtf8 } from 'node:buffer';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { RequestProblem } from './command-request.ts';

/** A body that is no JSON: `POST /{tld}/raw` takes the XML itself. */
export class XmlBody {
  readonly xml: string;

  constructor(xml: string) {
    this.xml = xml;
  }
}

const XML_TYPES = ['application/xml', 'application/epp+xml', 'text/xml'];

/** What fastify and the parsers here refuse, by the status of the error. */
export const BODY_FAULTS: Readonly<Record<number, Pick<RequestProblem, 'code' | 'errors'>>> = {
  400: { code: 'bad-json', errors: [{ field: 'body', message: 'must be valid JSON in UTF-8' }] },
  413: { code: 'body-too-large', errors: [{ field: 'body', message: 'must have at most 256 KiB' }] },
  415: {
    code: 'unsupported-media-type',
    errors: [
      { field: 'content-type', message: 'must be application/json; of /{tld}/raw also application/xml' },
    ],
  },
};

/** Bytes that stand for others would be taken for broken JSON. */
export const ENCODED: Pick<RequestProblem, 'code' | 'errors'> = {
  code: 'unsupported-media-type',
  errors: [{ field: 'content-encoding', message: 'must be absent: bodies are not compressed' }],
};

export function isEncoded({ headers }: Pick<FastifyRequest, 'headers'>): boolean {
  const encoding = headers['content-encoding'];
  return encoding !== undefined && encoding.toLowerCase() !== 'identity';
}

/** Bytes that are no UTF-8 would become other characters, and go to the registry so. */
class NotUtf8 extends Error {
  readonly statusCode = 400;
}

export function addJsonParser(scope: FastifyInstance): void {
  const parseJson = scope.getDefaultJsonParser('error', 'error') as (
    request: FastifyRequest,
    body: string,
    done: (error: Error | null, body?: unknown) => void,
  ) => void;
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser('application/json', { parseAs: 'buffer' }, (request, body: Buffer, done) => {
    if (isUtf8(body)) parseJson(request, body.toString(), done);
    else done(new NotUtf8('the body is not UTF-8'));
  });
}

export function addXmlParser(scope: FastifyInstance): void {
  scope.addContentTypeParser(XML_TYPES, { parseAs: 'buffer' }, (_request, body: Buffer, done) => {
    if (isUtf8(body)) done(null, new XmlBody(body.toString()));
    else done(new NotUtf8('the body is not UTF-8'));
  });
}
