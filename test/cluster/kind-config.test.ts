import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { kindConfig, nodeNames, uniqueName, whyBadName } from './kind-config.ts';

const parsed = (options: Parameters<typeof kindConfig>[0]) => JSON.parse(kindConfig(options));

describe('kindConfig', () => {
  it('tells the kubelet to bear cgroup v1 only where the engine has it', () => {
    const patches = (cgroupVersion: number) =>
      parsed({ nodes: 1, ports: [], cgroupVersion, ours: false }).kubeadmConfigPatches;
    expect(patches(2)).toEqual([]);
    expect(patches(1)).toEqual(['kind: KubeletConfiguration\nfailCgroupV1: false\n']);
  });

  it('maps ports of loopback alone, on the control plane', () => {
    const ports = [{ nodePort: 30080, hostPort: 20001 }];
    const { nodes } = parsed({ nodes: 2, ports, cgroupVersion: 2, ours: true });
    expect(nodes).toEqual([
      {
        role: 'control-plane',
        extraPortMappings: [
          { containerPort: 30080, hostPort: 20001, listenAddress: '127.0.0.1', protocol: 'TCP' },
        ],
      },
      { role: 'worker' },
    ]);
  });

  it("leaves a stock image's proxy mode alone", () => {
    const mode = (ours: boolean) =>
      parsed({ nodes: 1, ports: [], cgroupVersion: 2, ours }).networking.kubeProxyMode;
    expect(mode(true)).toBe('nftables');
    expect(mode(false)).toBeUndefined();
  });
});

describe('names', () => {
  it('of nodes are those that kind gives', () => {
    expect(nodeNames('a', 1)).toEqual(['a-control-plane']);
    expect(nodeNames('a', 2)).toEqual(['a-control-plane', 'a-worker']);
  });

  it('of a run are accepted, and differ by process and by chance', () => {
    fc.assert(
      fc.property(fc.nat(4_194_304), fc.double({ min: 0, max: 0.9999999, noNaN: true }), (pid, random) => {
        const name = uniqueName('e2e', pid, random);
        expect(whyBadName(name)).toBeUndefined();
        expect(uniqueName('e2e', pid + 1, random)).not.toBe(name);
      }),
    );
    expect(uniqueName('e2e', 7, 0.1)).not.toBe(uniqueName('e2e', 7, 0.2));
  });

  it.each(['', 'Upper', '-a', 'a_b', 'a b', '../a', 'x'.repeat(42)])('refuse %j', (name) => {
    expect(whyBadName(name)).toMatch(/no name for a cluster/);
  });
});
