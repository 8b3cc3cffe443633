/** Tokens signed by HS256 with a secret that the issuer shares, from a folder that is followed. */
import type { Clock } from '../../lib/clock.ts';
import type { Log } from '../../lib/log.ts';
import { followFolder, type SecretFiles } from './secret-folder.ts';
import { KeysUnavailableError, type TokenKeys } from './token-keys.ts';

/** RFC 7518 section 3.2: at least the size of the hash. */
const MIN_SECRET_BYTES = 32;
/** The second one is there while the secret changes: both count. */
const FILES = ['secret', 'previous'] as const;

export async function openSecretKeys(dir: string, deps: { clock: Clock; log: Log }): Promise<TokenKeys> {
  let known: readonly Uint8Array[] = [];
  let generation = 0;
  const take = (files: SecretFiles) => {
    const secret = secretIn(files, 'secret');
    if (!secret) {
      deps.log.error(
        { dir, file: 'secret', bytes: files.get('secret')?.length ?? 0 },
        `the secret of tokens must have at least ${MIN_SECRET_BYTES} bytes: what it was last counts`,
      );
      return;
    }
    known = FILES.flatMap((file) => secretIn(files, file) ?? []);
    generation++;
    deps.log.info({ dir, count: known.length }, 'secrets of tokens taken over');
  };
  const folder = await followFolder(dir, take, deps);
  return {
    algorithms: ['HS256'],
    get generation() {
      return generation;
    },
    async keysFor() {
      if (known.length === 0) throw new KeysUnavailableError();
      return { keys: known, generation };
    },
    close: () => folder.close(),
  };
}

/** Without the line end that editors and `echo` add. */
function secretIn(files: SecretFiles, file: (typeof FILES)[number]): Uint8Array | undefined {
  const content = files.get(file);
  if (!content) return undefined;
  const end = content.at(-1) === 0x0a ? (content.at(-2) === 0x0d ? -2 : -1) : content.length;
  const secret = content.subarray(0, end);
  return secret.length < MIN_SECRET_BYTES ? undefined : secret;
}
