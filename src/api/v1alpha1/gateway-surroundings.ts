/** What stands around a gateway: who may call, where spans go, what leads to it. */
import { z } from 'zod';
import { mapOf } from '../schema/collections.ts';
import { host, LABEL_KEY_PATTERN, objectName, webUrl } from '../schema/names.ts';
import { rule } from '../schema/rule.ts';

export const authentication = () =>
  rule(
    z.strictObject({
      jwt: rule(
        z.strictObject({
          issuer: z.string().min(1).max(2048).describe('Of the tokens: claim iss.'),
          audience: z.string().min(1).max(2048).describe('Of the tokens: claim aud.'),
          jwksUrl: webUrl().optional().describe('Where the keys are.'),
          secretName: objectName()
            .optional()
            .describe('Secret with the key secret: at least 32 bytes that sign by HS256.'),
        }),
        {
          cel: 'has(self.jwksUrl) != has(self.secretName)',
          holds: ({ jwksUrl, secretName }) => (jwksUrl === undefined) !== (secretName === undefined),
          message: 'must have one of jwksUrl and secretName',
        },
      )
        .optional()
        .describe('JSON Web Tokens in the header authorization: Bearer.'),
      apiKeys: z
        .strictObject({
          secretName: objectName().describe(
            'Secret with an entry for each caller: its name, and as YAML the key and its scopes.',
          ),
        })
        .optional()
        .describe('Keys in the header x-api-key.'),
    }),
    {
      cel: 'has(self.jwt) || has(self.apiKeys)',
      holds: ({ jwt, apiKeys }) => jwt !== undefined || apiKeys !== undefined,
      message: 'must have jwt, apiKeys or both',
    },
  ).describe('Who may call; everybody by default.');

export const tracing = () =>
  z
    .strictObject({
      otlpUrl: webUrl().describe(
        'Where spans go by OTLP over HTTP, such as http://collector:4318/v1/traces.',
      ),
      samplePercent: z
        .number()
        .min(0)
        .max(100)
        .default(10)
        .describe(
          'Share of the requests without a trace of their own; one that comes with one is as it says.',
        ),
    })
    .describe('OpenTelemetry.');

export const ingress = () =>
  z
    .strictObject({
      host: host().describe('Name that callers use.'),
      className: objectName().optional().describe("IngressClass; the cluster's default by default."),
      tlsSecretName: objectName().optional().describe('Secret with the certificate.'),
      annotations: mapOf(z.string().max(4096), {
        max: 64,
        key: LABEL_KEY_PATTERN,
        keyIs: 'a qualified name such as example.org/name',
      })
        .optional()
        .describe('For the ingress controller.'),
    })
    .describe('An Ingress in front of the gateway.');
