import { parse } from 'yaml';
import type { AdapterFileInput } from '../../api/files/adapter-file.ts';
import { ANNOTATION } from '../../api/v1alpha1/labels.ts';
import type { ConfigMap, Deployment } from '../../kube/builtin.ts';
import { CONFIG_FILE } from '../specs/adapter-file.ts';
import { sha256 } from '../specs/canonical.ts';

/** A set's file and Deployment, as far as they are there. */
export interface SetPods {
  set: string;
  file: ConfigMap | undefined;
  deployment: Deployment | undefined;
}

/** Names of the sets whose adapters may still go through the proxies at `host`: by their file, or because older pods run yet. Pure. */
export function egressUsers(host: string, sets: readonly SetPods[]): string[] {
  return sets.filter((pods) => mayUse(host, pods)).map(({ set }) => set);
}

function mayUse(host: string, { file, deployment }: SetPods): boolean {
  if (deployment === undefined) return false;
  const text = file?.data?.[CONFIG_FILE];
  if (text === undefined || leadsTo(host, text)) return true;
  const { metadata, spec, status = {} } = deployment;
  if (spec?.template.metadata?.annotations?.[ANNOTATION.configChecksum] !== sha256(text)) return true;
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0 } = status;
  return observedGeneration < (metadata.generation ?? 0) || replicas > updatedReplicas;
}

function leadsTo(host: string, text: string): boolean {
  const { accounts } = parse(text) as AdapterFileInput;
  return accounts.some(({ endpoint }) => endpoint.via?.host === host);
}
