import { describe, expect, it } from 'vitest';
import { folderOf } from './executables.ts';
import { ownNodeImage } from './node-image.ts';
import { versions } from './versions.ts';
import { withEnvironment } from './with-environment.ts';

describe('the built node image', () => {
  it('is named after its Kubernetes and what it is made of, wherever that is cached', async () => {
    const image = ownNodeImage();
    const folder = folderOf('kube');
    expect(image).toMatch(new RegExp(`^eppset\\.test/node:${versions().kubernetes}-[0-9a-f]{12}$`));
    await withEnvironment({}, async () => {
      expect(folderOf('kube')).not.toBe(folder);
      expect(ownNodeImage()).toBe(image);
    });
  });
});
