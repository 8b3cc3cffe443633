import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Validator } from '@seriousme/openapi-schema-validator';
import { describe, expect, it } from 'vitest';
import { openApiDocument } from '../../src/adapter/openapi/document.ts';

const run = promisify(execFile);
const main = join(import.meta.dirname, '../../src/main.ts');

describe('eppset openapi', { timeout: 30_000 }, () => {
  it('prints a valid document, the one that adapters show, and nothing else', async () => {
    const { stdout, stderr } = await run(process.execPath, [main, 'openapi'], {
      maxBuffer: 16 * 1024 * 1024,
    });
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect(document).toEqual(JSON.parse(JSON.stringify(openApiDocument())));
    expect((await new Validator().validate(document)).errors ?? []).toEqual([]);
  });

  it('takes no arguments', async () => {
    await expect(run(process.execPath, [main, 'openapi', 'all'])).rejects.toMatchObject({
      code: expect.any(Number),
      stderr: expect.stringContaining('too many arguments'),
    });
  });
});
