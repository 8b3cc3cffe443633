/** The health checks for Argo CD, run by Lua 5.1 as Argo CD runs them. */
import { readFile } from 'node:fs/promises';
import { parse } from 'yaml';
import { installMissing, whyNoApt } from '../cluster/apt.ts';
import { silent } from '../cluster/progress.ts';
import { isInPath, runOk } from '../cluster/run.ts';

const FILE = new URL('../../manifests/argocd/health.yaml', import.meta.url);
const KEY = 'resource.customizations.health.eppset.io_';

export interface ArgoHealth {
  status: string;
  message: string;
}

/** Undefined where Lua is at hand, or can be brought. */
export async function whyNoLua(): Promise<string | undefined> {
  return (await isInPath('lua5.1')) ? undefined : whyNoApt();
}

export async function installLua(): Promise<void> {
  await installMissing({ 'lua5.1': 'lua5.1' }, silent);
}

/** The script of each kind. */
export async function healthScripts(): Promise<Map<string, string>> {
  const { data } = parse(await readFile(FILE, 'utf8')) as { data: Record<string, string> };
  return new Map(Object.entries(data).map(([key, script]) => [key.replace(KEY, ''), script]));
}

/** What Argo CD would say of these objects, all in one process. */
export async function argoHealth(objects: readonly { kind: string }[]): Promise<ArgoHealth[]> {
  const scripts = await healthScripts();
  const judged = objects.map((object) => {
    const script = scripts.get(object.kind);
    if (script === undefined) throw new Error(`no health check for ${object.kind}`);
    return `do obj = ${lua(object)}\nlocal health = (function()\n${script}\nend)()\nprint(health.status)\nprint((health.message or ""):gsub("\\n", " "), "")\nend`;
  });
  const { stdout } = await runOk('lua5.1', ['-e', judged.join('\n')]);
  const lines = stdout.split('\n');
  return objects.map((_, index) => ({
    status: lines[2 * index] ?? '',
    message: lines[2 * index + 1]?.split('\t')[0] ?? '',
  }));
}

/** A JSON value as Lua writes it. */
function lua(value: unknown): string {
  if (value === null || value === undefined) return 'nil';
  if (Array.isArray(value)) return `{${value.map(lua).join(', ')}}`;
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([key, member]) => `[${lua(key)}] = ${lua(member)}`)
      .join(', ')}}`;
  }
  if (typeof value !== 'string') return String(value);
  const bytes = [...Buffer.from(value)];
  return `"${bytes.map((byte) => (byte > 31 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : `\\${String(byte).padStart(3, '0')}`)).join('')}"`;
}
