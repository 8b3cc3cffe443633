/** What tests of authentication share: a folder of secrets, a log that can be read, time that is moved by hand. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog, type LogLevel } from '../../../src/lib/log.ts';
import { ManualClock } from '../../adapter/manual-clock.ts';
import { eventually } from '../../support/eventually.ts';

export class Workplace {
  readonly clock = new ManualClock();
  readonly #lines: string[] = [];
  readonly log;
  readonly dir: string;
  #version = 0;

  constructor(dir: string, level: LogLevel) {
    this.dir = dir;
    this.log = createLog({
      level,
      name: 'test',
      destination: { write: (line) => void this.#lines.push(line) },
    });
  }

  static async open(level: LogLevel = 'debug'): Promise<Workplace> {
    return new Workplace(await mkdtemp(join(tmpdir(), 'eppset-auth-')), level);
  }

  close(): Promise<void> {
    return rm(this.dir, { recursive: true, force: true });
  }

  get logged(): string {
    return this.#lines.join('');
  }

  /** How often a message was logged. */
  count(message: string): number {
    return this.#lines.filter((line) => (JSON.parse(line) as { msg: string }).msg.includes(message)).length;
  }

  write(file: string, content: string | Buffer): Promise<void> {
    return writeFile(join(this.dir, file), content);
  }

  remove(file: string): Promise<void> {
    return rm(join(this.dir, file));
  }

  /** As kubelet does: a new folder, and a link that is exchanged. */
  async mount(files: Record<string, string>): Promise<void> {
    const version = `..version-${++this.#version}`;
    await mkdir(join(this.dir, version));
    for (const [name, content] of Object.entries(files)) {
      await writeFile(join(this.dir, version, name), content);
      await symlink(join('..data', name), join(this.dir, name)).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'EEXIST') throw error;
      });
    }
    await symlink(version, join(this.dir, '..data-new'));
    await rename(join(this.dir, '..data-new'), join(this.dir, '..data'));
  }

  /** A reading begins when its time comes, and the next is only set when it is over. */
  async reread(): Promise<void> {
    const { clock } = this;
    await eventually(() => clock.pending === 1, { what: 'the next reading is set' });
    clock.advance(5_000);
    await eventually(() => clock.pending === 1, { what: 'it was read' });
  }
}
