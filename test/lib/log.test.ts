import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createLog, LOG_LEVELS } from '../../src/lib/log.ts';
import { isSecretName, redactSecrets } from '../../src/lib/redact.ts';

const SECRET = 's3cret-v4lue';

function logged(write: (log: ReturnType<typeof createLog>) => void): string {
  const lines: string[] = [];
  write(createLog({ level: 'trace', name: 'test', destination: { write: (line) => void lines.push(line) } }));
  return lines.join('');
}

const SECRET_NAMES = [
  ...['pw', 'newPW', 'authInfo', 'password', 'newPassword', 'token', 'secret', 'authorization', 'key'],
  ...['domain:pw', 'contact:authInfo', 'loginSec:newPW', 'allocationToken', 'clientSecret', 'db_password'],
  ...['PW', 'AUTHINFO', 'x-api-key', 'accessToken', 'objectPw', 'loginSec'],
];
const PLAIN_NAMES = [
  'power',
  'name',
  'secretName',
  'tokens',
  'monkey',
  'keyword',
  'passwordAgeDays',
  'clTRID',
];

describe('log', () => {
  it.each(SECRET_NAMES)('blanks what is called %s, at any depth, whatever it is', (name) => {
    expect(isSecretName(name)).toBe(true);
    for (const value of [SECRET, { deep: { deeper: SECRET } }, [SECRET], `<x>${SECRET}</x>`]) {
      const fields = { [name]: value, a: { b: [{ c: { [name]: value, kept: 'kept-value' } }] } };
      const text = logged((log) => {
        log.debug(fields, 'one');
        log.child(fields).info({}, 'two');
        log.child({ plain: 1 }).error(fields, 'three');
      });
      expect(text).not.toContain(SECRET);
      expect(text.match(/kept-value/g)).toHaveLength(3);
    }
  });

  it.each(PLAIN_NAMES)('keeps what is called %s', (name) => {
    expect(logged((log) => log.info({ [name]: 'kept-value' }, 'x'))).toContain('kept-value');
  });

  it('blanks secrets in XML, in fields, messages and errors', () => {
    const xml = `<domain:authInfo><domain:pw>${SECRET}</domain:pw></domain:authInfo>`;
    const text = logged((log) => {
      log.debug({ xml, list: [xml], error: new Error(`not read: ${xml}`) }, `sent ${xml}`);
      log.child({ xml }).info({}, xml);
    });
    expect(text).not.toContain(SECRET);
    expect(text).toContain('not read');
    expect(text.match(/domain:authInfo/g)?.length).toBeGreaterThan(5);
  });

  it('survives whatever it is given, and leaves it as it was', () => {
    const circular: Record<string, unknown> = { a: 1 };
    circular.self = circular;
    expect(logged((log) => log.info(circular, 'round'))).toContain('[too deep]');
    expect(logged((log) => log.info({ bytes: Buffer.from(SECRET) }, 'bytes'))).not.toContain(SECRET);
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (fields) => {
        const before = JSON.stringify(fields);
        redactSecrets(fields);
        expect(JSON.stringify(fields)).toBe(before);
      }),
    );
  });

  it('says which levels are worth while', () => {
    for (const [index, level] of LOG_LEVELS.entries()) {
      if (level === 'silent') continue;
      const log = createLog({ level, name: 'test', destination: { write: () => {} } });
      const enabled = LOG_LEVELS.filter((other) => other !== 'silent' && log.isLevelEnabled(other));
      expect(enabled).toEqual(LOG_LEVELS.slice(index, -1));
    }
  });
});
