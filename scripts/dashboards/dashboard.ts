/** From what a dashboard shows to Grafana's JSON, schema version 38 (Grafana 10). */

export interface Panel {
  title: string;
  /** For people: what it means. */
  description?: string;
  /** Grafana's: `short` by default, `percentunit`, `s`, `reqps` … */
  unit?: string;
  stacked?: boolean;
  /** Full width. */
  wide?: boolean;
  /** Legend by query. `$set` and the like are variables of the dashboard, `$__rate_interval` is Grafana's. */
  queries: Readonly<Record<string, string>>;
}

export interface Dashboard {
  /** Of its file, and of its address in Grafana. */
  name: string;
  title: string;
  /** Choices by label, each with the metric that has it. */
  variables: Readonly<Record<string, string>>;
  rows: Readonly<Record<string, readonly Panel[]>>;
}

const DATASOURCE = { type: 'prometheus', uid: '$datasource' };
const WIDTH = 24;
const HEIGHT = 8;

export function dashboardJson({ name, title, variables, rows }: Dashboard): string {
  const dashboard = {
    uid: `eppset-${name}`,
    title: `eppset / ${title}`,
    tags: ['eppset'],
    schemaVersion: 38,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-1h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', label: 'Data source', type: 'datasource', query: 'prometheus' },
        ...Object.entries(variables).map(([label, metric]) => variable(label, metric)),
      ],
    },
    panels: panels(rows),
  };
  return `${JSON.stringify(dashboard, null, 1)}\n`;
}

/** Everything of a label, or a choice of it; of the namespaces chosen before. */
function variable(label: string, metric: string): object {
  const within = label === 'namespace' ? '' : '{namespace=~"$namespace"}';
  const query = `label_values(${metric}${within}, ${label})`;
  return {
    name: label,
    type: 'query',
    datasource: DATASOURCE,
    definition: query,
    query: { query, refId: label },
    refresh: 2,
    sort: 1,
    includeAll: true,
    multi: true,
    allValue: '.*',
    current: { text: 'All', value: '$__all' },
  };
}

function panels(rows: Dashboard['rows']): object[] {
  const laid: object[] = [];
  let y = 0;
  for (const [title, row] of Object.entries(rows)) {
    laid.push({
      id: laid.length + 1,
      type: 'row',
      title,
      collapsed: false,
      panels: [],
      gridPos: { x: 0, y, w: WIDTH, h: 1 },
    });
    y += 1;
    let x = 0;
    for (const panel of row) {
      const w = panel.wide ? WIDTH : WIDTH / 2;
      if (x + w > WIDTH) [x, y] = [0, y + HEIGHT];
      laid.push(timeSeries(panel, laid.length + 1, { x, y, w, h: HEIGHT }));
      x += w;
    }
    y += HEIGHT;
  }
  return laid;
}

function timeSeries(panel: Panel, id: number, gridPos: object): object {
  const { title, description, unit = 'short', stacked = false, queries } = panel;
  return {
    id,
    type: 'timeseries',
    title,
    ...(description !== undefined && { description }),
    datasource: DATASOURCE,
    gridPos,
    fieldConfig: {
      defaults: {
        unit,
        min: 0,
        custom: {
          fillOpacity: stacked ? 30 : 5,
          showPoints: 'never',
          stacking: { mode: stacked ? 'normal' : 'none', group: 'A' },
        },
      },
      overrides: [],
    },
    options: {
      legend: { displayMode: 'list', placement: 'bottom' },
      tooltip: { mode: 'multi', sort: 'desc' },
    },
    targets: Object.entries(queries).map(([legendFormat, expr], at) => ({
      refId: String.fromCharCode(65 + at),
      datasource: DATASOURCE,
      expr,
      legendFormat,
    })),
  };
}
