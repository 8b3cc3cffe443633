/** The live table: redrawn in place on a terminal, one line every few seconds elsewhere. */

export interface Row {
  name: string;
  limit: number;
  sessions: number;
  highest: number;
  charged: number;
  quarantined: number;
}

export interface Sample {
  seconds: number;
  registries: Row[];
  checksPerSecond: number;
  core: { sent: number; succeeded: number; p99Ms: number };
}

const BAR = 30;

function bar(row: Row): string {
  const used = Math.round((row.sessions / row.limit) * BAR);
  return `${'█'.repeat(Math.min(used, BAR))}${'·'.repeat(Math.max(0, BAR - used))}`;
}

export function lines(sample: Sample): string[] {
  const registries = sample.registries.map(
    (row) =>
      `  ${row.name.padEnd(13)} ${bar(row)} ${String(row.sessions).padStart(3)}/${row.limit} sessions, highest ${row.highest}, charged ${row.charged}` +
      (row.quarantined > 0 ? ` (${row.quarantined} in quarantine)` : ''),
  );
  const { sent, succeeded, p99Ms } = sample.core;
  return [
    ...registries,
    `  checks ${sample.checksPerSecond}/s · creates and renewals ${succeeded} of ${sent} done, p99 ${p99Ms} ms · ${sample.seconds} s`,
  ];
}

/** Draws samples; `say` lines stay above the table. */
export class LiveTable {
  private drawn = 0;
  private lastLineMs = 0;
  private readonly out: NodeJS.WriteStream;

  constructor(out: NodeJS.WriteStream) {
    this.out = out;
  }

  say(text: string): void {
    this.erase();
    this.out.write(`${text}\n`);
  }

  draw(sample: Sample): void {
    if (!this.out.isTTY) {
      this.drawPlain(sample);
      return;
    }
    this.erase();
    const text = lines(sample);
    this.out.write(`${text.join('\n')}\n`);
    this.drawn = text.length;
  }

  /** Leaves the last table standing. */
  finish(): void {
    this.drawn = 0;
  }

  private drawPlain(sample: Sample): void {
    const now = performance.now();
    if (now - this.lastLineMs < 4_000) return;
    this.lastLineMs = now;
    this.out.write(`${lines(sample).join('\n')}\n`);
  }

  private erase(): void {
    if (this.drawn > 0) this.out.write(`\x1b[${this.drawn}A\x1b[0J`);
    this.drawn = 0;
  }
}
