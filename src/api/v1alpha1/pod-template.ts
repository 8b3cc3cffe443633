/** The chosen few pod fields that a user may set. Never a whole PodTemplateSpec: it would not be ours to keep compatible. */
import { z } from 'zod';
import { atomicList, listMap, mapOf } from '../schema/collections.ts';
import { LABEL_KEY_PATTERN, labelValue, OBJECT_NAME_PATTERN, objectName } from '../schema/names.ts';
import { quantity, quantityMicros } from '../schema/quantity.ts';
import { matching, rule } from '../schema/rule.ts';

const labelKeys = { key: LABEL_KEY_PATTERN, keyIs: 'a qualified name such as example.org/name' };

const quantities = () =>
  mapOf(quantity(), {
    max: 16,
    key: '[a-z0-9]([-a-zA-Z0-9./]{0,125}[a-zA-Z0-9])?',
    keyIs: 'a resource such as cpu or memory',
  });

const resources = () =>
  rule(
    z.strictObject({
      requests: quantities().optional().describe('What a pod is guaranteed.'),
      limits: quantities().optional().describe('What a pod may use at most.'),
    }),
    {
      cel: '!has(self.requests) || !has(self.limits) || self.requests.all(k, !(k in self.limits) || quantity(string(self.requests[k])).compareTo(quantity(string(self.limits[k]))) <= 0)',
      holds: ({ requests = {}, limits = {} }) =>
        Object.entries(requests).every(([name, request]) => {
          const limit = Object.hasOwn(limits, name) ? limits[name] : undefined;
          return limit === undefined || (quantityMicros(request) ?? 0n) <= (quantityMicros(limit) ?? 0n);
        }),
      message: 'must not request more than the limit: lower the request or raise the limit',
    },
  );

const taintKey = () =>
  matching(z.string().max(317), `(${LABEL_KEY_PATTERN})?`, 'must be the key of a taint, or empty for all');

const toleration = () =>
  rule(
    z.strictObject({
      key: taintKey().optional().describe('Of the taint; none with Exists: every taint.'),
      operator: z.enum(['Exists', 'Equal']).optional().describe('Equal by default.'),
      value: labelValue().optional().describe('Of the taint, under Equal.'),
      effect: z
        .enum(['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
        .optional()
        .describe('All effects by default.'),
      tolerationSeconds: z
        .int()
        .min(0)
        .optional()
        .describe('How long NoExecute is tolerated; for ever by default.'),
    }),
    {
      cel: "has(self.key) && self.key != '' || has(self.operator) && self.operator == 'Exists'",
      holds: ({ key = '', operator }) => key !== '' || operator === 'Exists',
      message: 'must have a key, or the operator Exists, which tolerates every taint',
    },
    {
      cel: "!has(self.operator) || self.operator != 'Exists' || !has(self.value) || self.value == ''",
      holds: ({ operator, value = '' }) => operator !== 'Exists' || value === '',
      message: 'must be empty under the operator Exists: remove it or use Equal',
      path: ['value'],
    },
    {
      cel: "!has(self.tolerationSeconds) || has(self.effect) && self.effect == 'NoExecute'",
      holds: ({ tolerationSeconds, effect }) => tolerationSeconds === undefined || effect === 'NoExecute',
      message: 'has a meaning with the effect NoExecute alone: set that or remove it',
      path: ['tolerationSeconds'],
    },
  );

export const podTemplate = () =>
  z
    .strictObject({
      resources: resources().optional(),
      nodeSelector: mapOf(labelValue(), { max: 32, ...labelKeys })
        .optional()
        .describe('Labels of the nodes that the pods may run on.'),
      tolerations: atomicList(toleration(), { max: 64 })
        .optional()
        .describe('Taints of nodes that the pods accept.'),
      priorityClassName: matching(
        z.string().min(1).max(253),
        OBJECT_NAME_PATTERN,
        'must be the name of a PriorityClass',
      )
        .optional()
        .describe('Scheduling priority of the pods.'),
      imagePullSecrets: listMap(
        z.strictObject({ name: objectName().describe('Name of a Secret in the same namespace.') }),
        ['name'],
        { max: 16 },
      )
        .optional()
        .describe('For pulling the image.'),
      annotations: mapOf(z.string().max(4096), { max: 64, ...labelKeys })
        .optional()
        .describe('On the pods, beside our own.'),
    })
    .describe('A chosen few pod fields.');
