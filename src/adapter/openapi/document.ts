/** The OpenAPI 3.1 document of an adapter's HTTP face, made from the schemas that requests are checked by. */

import { INTERNAL_TOKEN_HEADER } from '../../api/http/internal-token.ts';
import { LOAD_PATH } from '../../api/http/load-report.ts';
import { PROBLEM_TYPE } from '../../api/http/problem.ts';
import { VERSION } from '../../lib/version.ts';
import { ANSWER, PROBLEM } from './answer-schemas.ts';
import { commandPaths, commandSchemas } from './command-paths.ts';
import { type Json, jsonSchemaOf, schemaRef } from './json-schema.ts';
import { PARAMETERS, problemResponses, RESPONSE_HEADERS } from './parameters.ts';

const DESCRIPTION = `JSON in, EPP out. Commands are POST; the TLD of the path picks the registry account. Bodies have the RFCs' own element names:
lists stand under the plural (\`names\`, \`statuses\`), an element with text and attributes is an object, what is absent stays absent.
The schemas here let more through than the adapter does: what must agree between fields is told by the problem that names them.`;

export function openApiDocument(): Json {
  return {
    openapi: '3.1.0',
    info: {
      title: 'eppset adapter',
      version: VERSION,
      summary: 'EPP for one set of registry accounts',
      description: DESCRIPTION,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    // Whether it is asked for is up to the adapter's file
    security: [{}, { token: [] }],
    paths: { ...commandPaths(), ...servicePaths() },
    components: {
      schemas: { Answer: jsonSchemaOf(ANSWER), Problem: jsonSchemaOf(PROBLEM), ...commandSchemas() },
      parameters: PARAMETERS,
      headers: RESPONSE_HEADERS,
      responses: problemResponses(),
      securitySchemes: {
        token: {
          type: 'apiKey',
          in: 'header',
          name: INTERNAL_TOKEN_HEADER,
          description: 'The token of the namespace, which gateways and the operator have.',
        },
      },
    },
  };
}

function servicePaths(): Json {
  return {
    '/livez': { get: service('livez', 'The process runs', { 503: 'It should be started anew.' }) },
    '/healthz': { get: service('healthz', 'As /livez', { 503: 'It should be started anew.' }) },
    '/readyz': {
      get: service('readyz', 'A connection is logged in, and the adapter is not draining', {
        503: 'Not ready; `reasons` say why.',
      }),
    },
    '/metrics': { get: service('metrics', 'Prometheus metrics', {}, 'text/plain') },
    '/debug/pools': {
      get: service('pools', 'Per account: connections and their states, who waits, the last error'),
    },
    [LOAD_PATH]: { get: service('load', 'Per account, for gateways: connections and who waits') },
    '/openapi.json': { get: service('openapi', 'This document') },
    '/problems/{code}': {
      get: {
        ...service('problem', "What a problem's `type` means, and what helps", {}, 'text/plain'),
        parameters: [
          {
            name: 'code',
            in: 'path',
            required: true,
            schema: { type: 'string' },
            example: 'queue-full',
          },
        ],
        responses: {
          200: { description: 'A short text.', content: { 'text/plain': { schema: { type: 'string' } } } },
          404: {
            description: 'There is no such problem.',
            content: { [PROBLEM_TYPE]: { schema: schemaRef('Problem') } },
          },
        },
      },
    },
  };
}

function service(
  operationId: string,
  summary: string,
  failures: Record<number, string> = {},
  type = 'application/json',
): Json {
  const content = {
    [type]: { schema: type === 'application/json' ? { type: 'object' } : { type: 'string' } },
  };
  const failed = Object.entries(failures).map(([status, description]) => [status, { description, content }]);
  return {
    operationId,
    tags: ['service'],
    summary,
    responses: { 200: { description: summary, content }, ...Object.fromEntries(failed) },
  };
}
