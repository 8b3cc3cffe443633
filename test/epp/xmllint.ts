import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** EPP's official schemas, `all.xsd` among them: EPP_XSD_DIR, or where a checkout of them usually stands. */
const SCHEMA = join(
  process.env.EPP_XSD_DIR ?? resolve(import.meta.dirname, '../../../shared/epp/xsd'),
  'all.xsd',
);

/** Why nothing can be validated here; undefined where everything is at hand. */
export const HAS_SCHEMAS = existsSync(SCHEMA);
export const CANNOT_VALIDATE: string | undefined = !HAS_SCHEMAS
  ? `no schemas at ${SCHEMA}; set EPP_XSD_DIR`
  : spawnSync('xmllint', ['--version']).error
    ? 'xmllint is not installed (libxml2-utils)'
    : undefined;

/** Throws with xmllint's words on the first document that is not valid. One process for all: loading the schemas takes longest. */
export function validate(documents: readonly string[]): void {
  const directory = mkdtempSync(join(tmpdir(), 'eppset-xml-'));
  try {
    const files = documents.map((document, index) => {
      const file = join(directory, `${index}.xml`);
      writeFileSync(file, document);
      return file;
    });
    execFileSync('xmllint', ['--nonet', '--noout', '--schema', SCHEMA, ...files], { stdio: 'pipe' });
  } catch (error) {
    const said = String((error as { stderr?: Buffer }).stderr ?? error);
    const wrong = said.split('\n').filter((line) => !line.endsWith(' validates'));
    const first = /\/(\d+)\.xml/.exec(wrong[0] ?? '')?.[1];
    throw new Error(
      `${wrong.slice(0, 5).join('\n')}\n${first === undefined ? '' : documents[Number(first)]}`,
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
}
