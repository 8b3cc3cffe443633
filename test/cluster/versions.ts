/** The versions that the test cluster is made of. Those of Go programs stand in the recipe's go.mod files, and only there. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { recipe } from './folders.ts';

/** The version of a module in the text of a go.mod: its replacement's if it has one, else the required one. */
export function moduleVersion(goMod: string, module: string): string {
  const escaped = module.replaceAll('.', '\\.');
  const replaced = new RegExp(`^\\s*(?:replace )?${escaped} => \\S+ (v\\S+)`, 'm').exec(goMod);
  const required = new RegExp(`^\\s*(?:require )?${escaped} (v\\S+)`, 'm').exec(goMod);
  const version = replaced?.[1] ?? required?.[1];
  if (version === undefined) throw new Error(`test/cluster/recipe/go.mod names no version of ${module}`);
  return version;
}

/** The lowest Go that compiles the modules. */
export function goDirective(goMod: string): string {
  const version = /^go (\d+\.\d+(?:\.\d+)?)$/m.exec(goMod)?.[1];
  if (version === undefined) throw new Error('test/cluster/recipe/go.mod has no go directive');
  return version;
}

export interface Versions {
  /** e.g. v1.36.3 */
  kubernetes: string;
  kind: string;
  helm: string;
  /** e.g. 1.26.3 */
  go: string;
  /** kind's own image for the pinned kind and the pinned minor of Kubernetes, as kind's release notes list it. */
  stockNodeImage: string;
  /** The last Debian whose systemd runs on cgroup v1 unforced. */
  debian: 'bookworm';
}

export function versions(): Versions {
  const goMod = readFileSync(join(recipe, 'go.mod'), 'utf8');
  const helmMod = readFileSync(join(recipe, 'helm', 'go.mod'), 'utf8');
  return {
    kubernetes: moduleVersion(goMod, 'k8s.io/kubernetes'),
    kind: moduleVersion(goMod, 'sigs.k8s.io/kind'),
    helm: moduleVersion(helmMod, 'helm.sh/helm/v3'),
    go: goDirective(goMod),
    stockNodeImage:
      'kindest/node:v1.36.4@sha256:099e049362a1526b2db71494e1947aae99bd16290d7c895f2b7ea312e3cbfaed',
    debian: 'bookworm',
  };
}
