/** Label and field selectors, after kubernetes.io/docs/concepts/overview/working-with-objects/labels. */
import type { KubeObject } from '../kube/objects.ts';
import { isObject } from './json.ts';

export type Matcher = (object: KubeObject) => boolean;

type Requirement = (labels: Readonly<Record<string, string>>) => boolean;

const SET_BASED = /^([^\s!=,()]+)\s+(in|notin)\s*\(([^()]*)\)$/;
const EQUALITY = /^([^\s!=,()]+)\s*(==|=|!=)\s*([^\s!=,()]*)$/;
const EXISTS = /^(!?)\s*([^\s!=,()]+)$/;

/** Throws an Error that names the part which cannot be read. */
export function labelMatcher(selector: string): Matcher {
  const requirements = splitOutsideBrackets(selector).map(labelRequirement);
  return (object) => {
    const labels = object.metadata.labels ?? {};
    return requirements.every((holds) => holds(labels));
  };
}

function labelRequirement(text: string): Requirement {
  const set = SET_BASED.exec(text);
  if (set !== null) {
    const [, key = '', operator, list = ''] = set;
    const values = new Set(list.split(',').map((value) => value.trim()));
    // `notin` and `!=` hold for objects without the label too.
    return operator === 'in'
      ? (labels) => labels[key] !== undefined && values.has(labels[key])
      : (labels) => labels[key] === undefined || !values.has(labels[key]);
  }
  const equality = EQUALITY.exec(text);
  if (equality !== null) {
    const [, key = '', operator, value] = equality;
    return operator === '!=' ? (labels) => labels[key] !== value : (labels) => labels[key] === value;
  }
  const exists = EXISTS.exec(text);
  if (exists === null) throw new Error(`unable to parse requirement: ${JSON.stringify(text)}`);
  const [, not, key = ''] = exists;
  return (labels) => (labels[key] === undefined) === (not === '!');
}

/** The parts between commas; those within brackets do not count. */
function splitOutsideBrackets(selector: string): string[] {
  return selector
    .split(/,(?![^()]*\))/)
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

/** Only `=`, `==` and `!=`, on the fields that a kind has selectable. Throws an Error for any other. */
export function fieldMatcher(selector: string, selectable: ReadonlySet<string>): Matcher {
  const requirements = selector
    .split(',')
    .filter((part) => part !== '')
    .map((part) => fieldRequirement(part, selectable));
  return (object) => requirements.every((holds) => holds(object));
}

function fieldRequirement(text: string, selectable: ReadonlySet<string>): Matcher {
  const match = /^([^=!]+)(==|=|!=)(.*)$/.exec(text);
  if (match === null) throw new Error(`invalid selector: ${JSON.stringify(text)}; can't understand it`);
  const [, path = '', operator, value = ''] = match;
  if (!selectable.has(path)) throw new Error(`field label not supported: ${path}`);
  return (object) => (fieldText(object, path) === value) === (operator !== '!=');
}

/** A field that is not set counts as empty. */
function fieldText(object: KubeObject, path: string): string {
  let value: unknown = object;
  for (const key of path.split('.')) value = isObject(value) ? value[key] : undefined;
  return value === undefined || value === null ? '' : String(value);
}
