import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readGatewayText } from '../../../src/gateway/discovery/gateway-text.ts';
import { type PolicyWatch, watchFile } from '../../../src/gateway/discovery/policy-watch.ts';
import { systemClock } from '../../../src/lib/clock.ts';
import { ManualClock, settle } from '../../kube/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';
import { gatewayText, keeperOf } from './policy.ts';

describe('the text of a gateway’s file', () => {
  it('is read with its defaults', () => {
    const parsed = readGatewayText(gatewayText());
    expect(parsed.ok && parsed.value.rollout.percent).toBe(100);
  });

  it.each([
    ['no YAML', 'kind: [', 'is no YAML'],
    ['another thing', '- 1', 'must be an object'],
    ['nothing', '', 'must be an object'],
    ['a wrong value', gatewayText('rollout: {percent: 120}'), 'rollout.percent must be at most 100, not 120'],
    ['an unknown field', gatewayText('rollot: {}'), 'rollot is not a field'],
    ['a missing legacy path', gatewayText('rollout: {percent: 50}'), 'rollout.legacy is needed while'],
  ])('%s is a problem with its place', (_name, text, expected) => {
    const parsed = readGatewayText(text);
    const told = parsed.ok ? '' : parsed.problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    expect(told).toContain(expected);
  });
});

describe('a keeper of the policy', () => {
  it('hands on what is new and good, and nothing twice', async () => {
    const { keeper, taken, state, lines } = keeperOf();
    keeper.offer(gatewayText());
    keeper.offer(gatewayText('# another comment'));
    expect(taken).toEqual([]);
    keeper.offer(gatewayText('switches: {core: false}'));
    keeper.offer(gatewayText('switches: {core: false}'));
    keeper.offer(gatewayText('switches: {"core": false}'));
    expect(taken.map(({ switches }) => switches)).toEqual([{ core: false }]);
    expect(taken[0]).not.toHaveProperty('discovery');
    expect(await state()).toEqual({ valid: 1, errors: 0 });
    expect(lines).toEqual(['the changed configuration is in force']);
  });

  it('keeps the old one while the new one is wrong, says so once, and is well again by the old text', async () => {
    const { keeper, taken, state, lines } = keeperOf();
    const wrong = gatewayText('rollout: {percent: 120}');
    keeper.offer(wrong);
    keeper.offer(wrong);
    expect(await state()).toEqual({ valid: 0, errors: 1 });
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain('rollout.percent must be at most 100');
    keeper.offer(gatewayText());
    expect(await state()).toEqual({ valid: 1, errors: 1 });
    keeper.missing('the ConfigMap gw was deleted');
    keeper.missing('the ConfigMap gw was deleted');
    expect(await state()).toEqual({ valid: 0, errors: 2 });
    keeper.offer(gatewayText());
    expect(await state()).toEqual({ valid: 1, errors: 2 });
    expect(taken).toEqual([]);
  });

  it('says what takes a restart, and hands on the rest with the names it started with', () => {
    const { keeper, taken, lines } = keeperOf();
    keeper.offer(
      gatewayText(
        'switches: {core: false}\nhttp: {port: 81}\ntracing: {otlpUrl: "http://otel:4318"}',
      ).replace('prefix: epp', 'prefix: other'),
    );
    expect(lines[0]).toContain('takes a restart: prefix, http, tracing changed');
    expect(taken).toHaveLength(1);
    expect(taken[0]).toMatchObject({ prefix: 'epp', name: 'gw', switches: { core: false } });
    expect(taken[0]).not.toHaveProperty('http');
  });

  it('counts one that a part refuses as wrong, and takes the next', async () => {
    const { keeper, taken, state, control, lines } = keeperOf();
    control.refuse = true;
    keeper.offer(gatewayText('switches: {core: false}'));
    expect(await state()).toEqual({ valid: 0, errors: 1 });
    expect(lines[0]).toContain('no room');
    control.refuse = false;
    keeper.offer(gatewayText('switches: {core: false} # again'));
    expect(await state()).toEqual({ valid: 1, errors: 1 });
    expect(taken).toHaveLength(1);
  });
});

describe('a file that is watched', () => {
  let watch: PolicyWatch | undefined;
  let folder: string | undefined;
  afterEach(async () => {
    await watch?.stop();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });

  it('counts once it reads the same twice, within a second', async () => {
    const { keeper, taken, state } = keeperOf();
    const clock = new ManualClock();
    let content: string | Error = gatewayText();
    const read = async () => {
      if (content instanceof Error) throw content;
      return content;
    };
    watch = watchFile({ read, keeper, clock });
    await settle();
    content = gatewayText('swit');
    await clock.advance(500);
    content = gatewayText('switches: {core: false}');
    await clock.advance(500);
    expect(taken).toEqual([]);
    expect((await state()).errors).toBe(0);
    await clock.advance(500);
    expect(taken).toHaveLength(1);
    content = new Error('ENOENT');
    await clock.advance(500);
    expect((await state()).valid).toBe(1);
    await clock.advance(10_000);
    expect(await state()).toEqual({ valid: 0, errors: 1 });
    content = gatewayText('switches: {core: false}');
    await clock.advance(1_000);
    expect(await state()).toEqual({ valid: 1, errors: 1 });
    expect(taken).toHaveLength(1);
  });

  it('is read from the disk', async () => {
    const { keeper, taken } = keeperOf();
    folder = await mkdtemp(join(tmpdir(), 'eppset-policy-'));
    const path = join(folder, 'gateway.yaml');
    await writeFile(path, gatewayText());
    watch = watchFile({ read: () => readFile(path, 'utf8'), keeper, clock: systemClock, everyMs: 20 });
    await writeFile(path, gatewayText('actions: false'));
    await eventually(() => taken.length === 1);
    expect(taken[0]?.actions).toBe(false);
  });
});
