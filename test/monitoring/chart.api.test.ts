/** What the chart renders for Prometheus and Grafana is what the other tests look at, and follows its values. */
import { describe, expect, it } from 'vitest';
import { dashboardFiles } from '../../scripts/dashboards.ts';
import { LABEL } from '../../src/api/v1alpha1/labels.ts';
import { setLabels } from '../../src/operator/specs/labels.ts';
import { type RenderedObject, useHelm } from '../charts/helm.ts';
import { aSet } from '../operator/samples.ts';
import { alertRules, type RuleGroups, renderedRules } from './rules.ts';

const helm = useHelm();
const ON = { enabled: true };
/** helm takes its time: of the same values once. */
const templates = new Map<string, Promise<RenderedObject[]>>();
function template(values: object): Promise<RenderedObject[]> {
  const key = JSON.stringify(values);
  const made = templates.get(key) ?? helm().template(values);
  templates.set(key, made);
  return made;
}
const rendered = async (monitoring: object, more: object = {}) =>
  (await template({ ...more, monitoring: { ...ON, ...monitoring } })).filter(
    ({ metadata }) => metadata.labels?.[LABEL.partOf] === 'eppset',
  );
const ofKind = (objects: RenderedObject[], kind: string) => objects.filter((object) => object.kind === kind);
const rulesOf = (objects: RenderedObject[]) =>
  ofKind(objects, 'PrometheusRule').flatMap(({ spec }) =>
    (spec as RuleGroups).groups.flatMap(({ rules }) => rules),
  );

describe('by default', () => {
  it('nothing of it is there', async () => {
    const kinds = (await template({})).map(({ kind }) => kind);
    for (const kind of ['PrometheusRule', 'ServiceMonitor', 'PodMonitor', 'ConfigMap'])
      expect(kinds).not.toContain(kind);
  });

  it('rules are those that promtool has checked', async () => {
    const specs = ofKind(await rendered({}), 'PrometheusRule').map(({ metadata, spec }) => [
      `${metadata.name.replace('eppset-', '')}.yaml`,
      spec,
    ]);
    expect(Object.fromEntries(specs)).toEqual(Object.fromEntries(renderedRules()));
  });

  it('dashboards are those whose queries a Prometheus has answered', async () => {
    const maps = ofKind(await rendered({}), 'ConfigMap');
    const texts = Object.assign({}, ...maps.map(({ data }) => data)) as Record<string, string>;
    const wanted = [...dashboardFiles()].map(([name, text]) => [`eppset-${name}`, JSON.parse(text)]);
    expect(Object.entries(texts).map(([name, text]) => [name, JSON.parse(text)])).toEqual(wanted);
    for (const { metadata } of maps) expect(metadata.labels).toMatchObject({ grafana_dashboard: '1' });
  });

  it('monitors select what there is, on the port that it has', async () => {
    const objects = await rendered({});
    const [service] = ofKind(objects, 'ServiceMonitor').map(({ spec }) => spec as Monitor);
    const labels = (await template({})).find(
      ({ kind, metadata }) => kind === 'Service' && metadata.name === 'eppset-operator',
    )?.metadata.labels;
    expect(labels).toMatchObject(service!.selector.matchLabels);
    expect(service!.endpoints).toEqual([expect.objectContaining({ port: 'http', honorLabels: true })]);
    const [adapters, gateways] = ofKind(objects, 'PodMonitor').map(({ spec }) => spec as Monitor);
    expect(setLabels(aSet())).toMatchObject(adapters!.selector.matchLabels);
    expect(gateways!.selector.matchLabels).toMatchObject({ [LABEL.component]: 'gateway' });
    for (const monitor of [adapters, gateways]) {
      expect(monitor!.namespaceSelector).toEqual({ any: true });
      expect(monitor!.podMetricsEndpoints).toEqual([expect.objectContaining({ port: 'http' })]);
    }
  });
});

interface Monitor {
  selector: { matchLabels: Record<string, string> };
  namespaceSelector: object;
  endpoints?: object[];
  podMetricsEndpoints?: object[];
}

describe('values', () => {
  it('change thresholds, labels and where the runbook is, and leave alerts out', async () => {
    const rules = rulesOf(
      await rendered({
        rules: {
          labels: { team: 'domains', severity: 'page' },
          runbookUrl: 'https://wiki.example/alerts',
          disabled: ['EppsetNotReady'],
          thresholds: { corePoolUtilization: 0.5, certificateExpiryDays: 45 },
        },
      }),
    );
    const alerts = rules.filter((rule) => 'alert' in rule);
    expect(alerts.map(({ alert }) => alert)).toEqual(
      alertRules()
        .map(({ alert }) => alert)
        .filter((name) => name !== 'EppsetNotReady'),
    );
    const [core] = alerts;
    expect(core?.expr).toContain('{business=~"core"} > 0.5');
    expect(core?.labels).toEqual({ team: 'domains', severity: 'critical' });
    expect(core?.annotations.runbook_url).toBe('https://wiki.example/alerts#eppsetcorepoolnearlyused');
    expect(alerts.find(({ alert }) => alert === 'EppsetCertificateExpiry')?.expr).toContain('< 45 * 86400');
  });

  it.each(['serviceMonitor', 'podMonitor', 'rules', 'dashboards'])('switch %s off alone', async (part) => {
    const kinds = {
      serviceMonitor: 'ServiceMonitor',
      podMonitor: 'PodMonitor',
      rules: 'PrometheusRule',
      dashboards: 'ConfigMap',
    };
    const found = new Set((await rendered({ [part]: { enabled: false } })).map(({ kind }) => kind));
    for (const [name, kind] of Object.entries(kinds))
      expect([name, found.has(kind)]).toEqual([name, name !== part]);
  });

  it('scrape the namespaces that they name, or the one that is watched', async () => {
    const namespaces = async (monitoring: object, more: object = {}) =>
      ofKind(await rendered(monitoring, more), 'PodMonitor').map(
        ({ spec }) => (spec as Monitor).namespaceSelector,
      );
    const named = await namespaces({ podMonitor: { namespaces: ['a', 'b'] } });
    expect(named).toEqual([{ matchNames: ['a', 'b'] }, { matchNames: ['a', 'b'] }]);
    const watched = await namespaces({}, { watchNamespace: 'shop' });
    expect(watched).toEqual([{ matchNames: ['shop'] }, { matchNames: ['shop'] }]);
  });

  it('give their labels to what Prometheus Operator selects', async () => {
    const objects = await rendered({ labels: { release: 'prometheus' } });
    const kinds = ['ServiceMonitor', 'PodMonitor', 'PrometheusRule'];
    const selected = objects.filter(({ kind }) => kinds.includes(kind));
    expect(selected).toHaveLength(5);
    for (const { metadata } of selected) expect(metadata.labels).toMatchObject({ release: 'prometheus' });
  });

  it.each([
    [{ rules: { thresholds: { corePoolUtilization: 80 } } }, 'corePoolUtilization'],
    [{ rules: { thresholds: { coreBusiness: 'co"re' } } }, 'coreBusiness'],
    [{ rules: { disabled: ['eppset'] } }, 'disabled'],
    [{ podMonitor: { interval: '30' } }, 'interval'],
  ])('that are wrong are refused: %j', async (monitoring, field) => {
    await expect(rendered(monitoring)).rejects.toThrow(field);
  });
});
