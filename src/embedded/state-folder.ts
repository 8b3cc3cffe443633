/** What an embedded cluster leaves in a folder, for the next one to go on with. Readable by its owner alone: Secrets are in it. */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { KubeObject } from '../kube/objects.ts';
import type { Clock } from '../lib/clock.ts';
import { messageOf } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import { readWholeFile, writeWholeFile } from '../lib/whole-file.ts';
import type { KeptObject } from './kept-objects.ts';

/** Of the file's contents; another one is not read. */
const FORMAT = 1;
/** Changes come in bursts; a process that is killed loses no more than this. */
const WRITE_AFTER_MS = 500;

/** Where objects come from and whose changes are followed. */
export interface Kept {
  snapshot(): KeptObject[];
  onChange(listener: () => void): void;
}

/** One folder, one cluster at a time. */
export class StateFolder {
  readonly #path: string;
  readonly #log: Log;
  readonly #clock: Clock;
  #kept: Kept | undefined;
  #isDue = false;
  #writing: Promise<void> = Promise.resolve();
  #closed = false;

  private constructor(path: string, { clock, log }: { clock: Clock; log: Log }) {
    this.#path = path;
    this.#log = log;
    this.#clock = clock;
  }

  /** Makes the folder where it is not there. Rejects with what to do where another process uses it. */
  static async open(path: string, options: { clock: Clock; log: Log }): Promise<StateFolder> {
    await mkdir(join(path, 'registries'), { recursive: true, mode: 0o700 });
    await lock(join(path, 'lock'));
    return new StateFolder(path, options);
  }

  /** None in a new folder. */
  async objects(): Promise<KeptObject[]> {
    const path = this.#objectsFile;
    const bytes = await readWholeFile(path);
    if (bytes === undefined) return [];
    const toDo = 'remove it to begin anew';
    let content: { format?: unknown; objects: KeptObject[] };
    try {
      content = deserialize(bytes) as typeof content;
    } catch (error) {
      throw new Error(`${path} does not hold a cluster (${messageOf(error)}): ${toDo}`);
    }
    if (content?.format !== FORMAT)
      throw new Error(`${path} was written by another version of eppset: ${toDo}`);
    return content.objects;
  }

  /** From now on the file follows the changes. */
  follow(kept: Kept): void {
    this.#kept = kept;
    kept.onChange(() => this.#changed());
  }

  /** The file of a simulated registry, by its Deployment. */
  registryFile({ namespace = 'default', name }: KubeObject['metadata']): string {
    return join(this.#path, 'registries', `${namespace}.${name}`);
  }

  /** Writes what is left to write and lets others use the folder. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#writing;
    await this.#write();
    await rm(join(this.#path, 'lock'), { force: true });
  }

  get #objectsFile(): string {
    return join(this.#path, 'objects');
  }

  #changed(): void {
    if (this.#isDue || this.#closed) return;
    this.#isDue = true;
    this.#clock.after(WRITE_AFTER_MS, () => {
      this.#isDue = false;
      if (!this.#closed) this.#writing = this.#writing.then(() => this.#write());
    });
  }

  async #write(): Promise<void> {
    if (this.#kept === undefined) return;
    try {
      await writeWholeFile(this.#objectsFile, serialize({ format: FORMAT, objects: this.#kept.snapshot() }));
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, 'the state of the cluster could not be written');
    }
  }
}

async function lock(path: string): Promise<void> {
  for (;;) {
    try {
      const file = await open(path, 'wx', 0o600);
      await file.writeFile(String(process.pid));
      return await file.close();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const holder = Number(await readFile(path, 'utf8').catch(() => ''));
    if (isAlive(holder))
      throw new Error(`${path}: process ${holder} uses this folder; end it first, or name another folder`);
    // Its process was killed.
    await rm(path, { force: true });
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
