import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { eventually } from '../support/eventually.ts';
import type { HttpApi } from './http-api.ts';

const DIR = fileURLToPath(new URL('../../crds/', import.meta.url));
const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

interface Crd {
  metadata: { name: string };
  spec: { names: { plural: string } };
  status?: { conditions?: { type: string; status: string; message: string }[] };
}

/** Applies the folder `crds/`, waits until all are served, and gives the warnings of the API server. Others may do the same at once. */
export async function installCrds(call: HttpApi): Promise<{ warnings: string[]; crds: Crd[] }> {
  const warnings: string[] = [];
  const crds: Crd[] = [];
  for (const file of (await readdir(DIR)).sort()) {
    const crd = parse(await readFile(DIR + file, 'utf8')) as Crd;
    const url = `${CRDS}/${crd.metadata.name}?fieldManager=test&force=true&fieldValidation=Strict`;
    const applied = await call('PATCH', url, crd);
    if (applied.code !== 201 && applied.code !== 200) {
      throw new Error(`${file}: ${applied.code} ${applied.body.message}`);
    }
    warnings.push(...applied.warnings);
    crds.push(crd);
  }
  const served = crds.map(async ({ metadata, spec }) => {
    await eventually(
      async () => {
        const { body } = await call('GET', `${CRDS}/${metadata.name}`);
        const conditions = (body as unknown as Crd).status?.conditions ?? [];
        return conditions.some(({ type, status }) => type === 'Established' && status === 'True');
      },
      { timeoutMs: 30_000, what: `${metadata.name} established` },
    );
    await eventually(
      async () => (await call('GET', `/apis/eppset.io/v1alpha1/${spec.names.plural}`)).code === 200,
      { timeoutMs: 30_000, what: `${metadata.name} served` },
    );
  });
  await Promise.all(served);
  return { warnings, crds };
}
