/**
 * Writes docs/profiles.md from the profiles: what each registry's dialect is, and where every value comes from.
 *
 *   node scripts/profiles.ts
 */
import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PROFILES } from '../src/epp/profiles/catalogue.ts';
import { FEATURES } from '../src/epp/profiles/features.ts';
import { FEATURE_NAMES, PROFILE_NAMES } from '../src/epp/profiles/names.ts';
import type { Profile, SourcedValue } from '../src/epp/profiles/profile.ts';

export const PROFILES_DOCUMENT = fileURLToPath(new URL('../docs/profiles.md', import.meta.url));

const INTRODUCTION = `# Profiles

Made by \`node scripts/profiles.ts\` from \`src/epp/profiles\`; do not edit by hand.

A profile is what a registry does differently, as data. \`EppRegistry.spec.profile\` names one, and \`spec.dialect\` has a user's own values over
it: \`features\` replaces the list of features, \`addFeatures\` and \`removeFeatures\` change it, and every other value is taken over as it is.

\`\`\`yaml
spec:
  profile: nominet
  dialect:
    addFeatures: [loginSec-1.0, changePoll-1.0]
    maxCheckNames: 20
\`\`\`

At login a session asks for the services of its profile as far as the greeting offers them, and for nothing else: what is listed here and not
offered does no harm. Values without a source are cautious guesses. What is said of connections is for \`spec.connections\`, which a user fills
in: no number of it is taken over by itself, for a registrar's contract may say otherwise.
`;

export function profilesDocument(): string {
  const profiles = PROFILE_NAMES.map((name) => PROFILES[name]);
  return [
    INTRODUCTION,
    '## Values\n',
    table(
      ['profile', 'registry', 'names a check', 'keepalive', 'in flight', 'checks put together'],
      profiles.map((profile) => [
        `[${profile.name}](#${profile.name})`,
        profile.title,
        String(profile.maxCheckNames),
        profile.keepalive,
        String(profile.pipelineDepth),
        togetherness(profile),
      ]),
    ),
    '## Connections\n',
    table(
      ['profile', 'sessions', 'silence, seconds', 'age, seconds', 'commands'],
      profiles
        .filter(({ suggested }) => Object.keys(suggested).length > 0)
        .map(({ name, suggested }) => [
          name,
          told(suggested.sessionLimit),
          told(suggested.idleTimeoutSeconds),
          told(suggested.maxAgeSeconds),
          told(suggested.maxCommandsPerConnection),
        ]),
    ),
    '## Features\n',
    table(
      ['feature', 'services', 'in profiles'],
      FEATURE_NAMES.map((feature) => [
        feature,
        FEATURES[feature].map(code).join(' '),
        profiles
          .filter(({ features }) => features.includes(feature))
          .map(({ name }) => name)
          .join(', '),
      ]),
    ),
    ...profiles.map(chapter),
  ].join('\n');
}

function togetherness({ coalesceChecks, oneZonePerCheck }: Profile): string {
  if (!coalesceChecks) return 'no';
  return oneZonePerCheck ? 'of one TLD' : 'yes';
}

/** One profile: its services, what to know, and the source of each value. */
function chapter(profile: Profile): string {
  const { name, title, features, objectURIs, extensionURIs, caveat, namestoreSubProduct, sources } = profile;
  const lines = [
    `- features: ${features.join(', ') || 'none'}`,
    `- objects: ${objectURIs.map(code).join(' ')}`,
    ...(extensionURIs.length > 0
      ? [`- further extensions, raw XML: ${extensionURIs.map(code).join(' ')}`]
      : []),
    ...(namestoreSubProduct ? ['- namestoreExt with the product of the TLD is added to commands'] : []),
    ...(caveat === undefined ? [] : [`- ${caveat}`]),
  ];
  const rows = (Object.keys(sources) as SourcedValue[]).map((value) => [value, sources[value] ?? '']);
  const sourced = rows.length > 0 ? `\n${table(['value', 'source'], rows)}` : '';
  return `## ${name}\n\n${title}\n\n${lines.join('\n')}\n${sourced}`;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return `${[line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')}\n`;
}

const code = (text: string) => `\`${text}\``;
const told = (value: number | undefined) => (value === undefined ? '?' : String(value));

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(PROFILES_DOCUMENT, profilesDocument());
}
