import { describe, expect, it } from 'vitest';
import { CONFIG_MAP, DEPLOYMENT, NAMESPACE } from '../../src/kube/builtin.ts';
import { collectionPath, objectPath, withQuery } from '../../src/kube/resource-path.ts';

describe('paths', () => {
  it.each([
    [collectionPath(CONFIG_MAP, 'ns'), '/api/v1/namespaces/ns/configmaps'],
    [collectionPath(CONFIG_MAP), '/api/v1/configmaps'],
    [collectionPath(NAMESPACE, 'ignored'), '/api/v1/namespaces'],
    [objectPath(DEPLOYMENT, { namespace: 'ns', name: 'd' }), '/apis/apps/v1/namespaces/ns/deployments/d'],
    [objectPath(NAMESPACE, { name: 'ns' }, 'status'), '/api/v1/namespaces/ns/status'],
    [objectPath(CONFIG_MAP, { namespace: 'n', name: '../x?' }), '/api/v1/namespaces/n/configmaps/..%2Fx%3F'],
    [withQuery('/p', { a: 'x=1,y', b: undefined, c: true, d: 5 }), '/p?a=x%3D1%2Cy&c=true&d=5'],
    [withQuery('/p', { a: undefined }), '/p'],
  ])('%s', (path, expected) => {
    expect(path).toBe(expected);
  });

  it('refuses a key that would name a collection', () => {
    expect(() => objectPath(CONFIG_MAP, { namespace: 'ns', name: '' })).toThrow('ConfigMap: no name given');
    expect(() => objectPath(CONFIG_MAP, { name: 'a' })).toThrow('ConfigMap a: no namespace given');
  });
});
