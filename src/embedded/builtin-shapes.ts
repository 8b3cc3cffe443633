/**
 * How server-side apply merges the built-in kinds: the list types of Kubernetes' own OpenAPI document (`x-kubernetes-list-type`,
 * `x-kubernetes-map-type`). Kinds and fields that the program does not write are left out: their lists change as a whole.
 */
import { ATOMIC, fields, listBy, SET, type Shape } from './shape.ts';

export const METADATA = fields({ ownerReferences: listBy(['uid']), finalizers: SET });

const PROTOCOL = { name: 'protocol', fallback: 'TCP' };

const ENV = fields({
  valueFrom: fields({
    fieldRef: ATOMIC,
    secretKeyRef: ATOMIC,
    configMapKeyRef: ATOMIC,
    resourceFieldRef: ATOMIC,
  }),
});

const CONTAINER = fields({
  env: listBy(['name'], ENV),
  ports: listBy(['containerPort', PROTOCOL]),
  volumeMounts: listBy(['mountPath']),
  volumeDevices: listBy(['devicePath']),
  resources: fields({ claims: listBy(['name']) }),
});

const POD_SPEC = fields({
  containers: listBy(['name'], CONTAINER),
  initContainers: listBy(['name'], CONTAINER),
  volumes: listBy(['name']),
  imagePullSecrets: listBy(['name']),
  hostAliases: listBy(['ip']),
  topologySpreadConstraints: listBy(['topologyKey', 'whenUnsatisfiable'], fields({ labelSelector: ATOMIC })),
  schedulingGates: listBy(['name']),
  nodeSelector: ATOMIC,
});

const TEMPLATE = fields({ metadata: METADATA, spec: POD_SPEC });
const CONDITIONS = fields({ conditions: listBy(['type']) });
const WORKLOAD = fields({
  metadata: METADATA,
  spec: fields({ selector: ATOMIC, template: TEMPLATE }),
  status: CONDITIONS,
});

export const BUILTIN_SHAPES: Readonly<Record<string, Shape>> = {
  'pods.': fields({
    metadata: METADATA,
    spec: POD_SPEC,
    status: fields({ conditions: listBy(['type']), podIPs: listBy(['ip']), hostIPs: ATOMIC }),
  }),
  'deployments.apps': WORKLOAD,
  'replicasets.apps': WORKLOAD,
  'services.': fields({
    metadata: METADATA,
    spec: fields({ ports: listBy(['port', PROTOCOL]), selector: ATOMIC }),
    status: CONDITIONS,
  }),
  'serviceaccounts.': fields({
    metadata: METADATA,
    secrets: listBy(['name']),
  }),
  'poddisruptionbudgets.policy': fields({
    metadata: METADATA,
    spec: fields({ selector: ATOMIC }),
    status: CONDITIONS,
  }),
  'rolebindings.rbac.authorization.k8s.io': fields({ metadata: METADATA, roleRef: ATOMIC }),
};

export const PLAIN_SHAPE: Shape = fields({ metadata: METADATA });
