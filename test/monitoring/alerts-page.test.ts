/** docs/alerts.md: where the `runbook_url` of every alert leads. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { alertRules } from './rules.ts';

const page = readFileSync(new URL('../../docs/alerts.md', import.meta.url), 'utf8');
const sections = new Map(
  page
    .split(/^### /m)
    .slice(1)
    .map((text): [string, string] => {
      const [name = '', ...lines] = text.split('\n');
      return [name, lines.join('\n')];
    }),
);

it('has a section for every alert, and for nothing else', () => {
  expect([...sections.keys()].sort()).toEqual(
    alertRules()
      .map(({ alert }) => alert)
      .sort(),
  );
});

it.each(alertRules())('says of $alert how grave it is and when it fires, as the rule does', (rule) => {
  const { severity = '' } = rule.labels;
  const said = sections.get(rule.alert) ?? '';
  expect(said.toLowerCase()).toContain(`*${severity}, `);
  // A certificate's time is that of its threshold
  const isTimed = rule.for !== undefined && !rule.alert.startsWith('EppsetCertificate');
  const [, number, unit] = /^(\d+)([ms])$/.exec(rule.for ?? '') ?? [];
  if (isTimed && unit === 'm')
    expect(said).toMatch(
      new RegExp(`^\\s*\\*\\w+, after ${number === '1' ? 'a minute' : `${number} minutes`}`),
    );
  else expect(said).not.toMatch(/^\s*\*\w+, after/);
});

it.each(alertRules())('is where $alert leads, and names what it is about', ({ alert, annotations }) => {
  expect(annotations.runbook_url.endsWith(`docs/alerts.md#${alert.toLowerCase()}`)).toBe(true);
  for (const text of [annotations.summary, annotations.description]) expect(text).toMatch(/^[A-Z{1-9]/);
});
