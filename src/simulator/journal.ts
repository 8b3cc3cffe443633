/** The registry's own truth: every transform that it executed, in order. For tests that judge what a client was told. */

/** What became of the reply. `sent`: every byte was handed to the connection, which does not prove that the client has them. */
export type ReplyFate = 'pending' | 'sent' | 'cut' | 'muted';

export interface JournalEntry {
  /** Counts from 1 and never twice. */
  readonly seq: number;
  readonly clientId: string;
  /** As `domain:create`. */
  readonly command: string;
  /** The object's name or id, in lower case. */
  readonly name: string;
  readonly clTRID?: string;
  readonly svTRID: string;
  /** The true result: 1xxx means that the registry's objects have changed. */
  readonly code: number;
  /** What the reply said instead, where it lied. */
  told?: number;
  /** Wall clock, milliseconds since 1970. */
  readonly executedAtMs: number;
  replied: ReplyFate;
}

export interface JournalPage {
  /** Executed since the start, forgotten ones included. */
  total: number;
  /** So many of the oldest are no longer known: absence proves nothing about them. */
  forgotten: number;
  entries: JournalEntry[];
}

export interface JournalQuery {
  /** Of one object, whatever its kind. */
  name?: string | undefined;
  /** Only entries with a higher `seq`. */
  after?: number | undefined;
  /** Most entries, the oldest first. All by default. */
  limit?: number | undefined;
}

/** Keeps the last `capacity` entries. */
export class Journal {
  readonly #capacity: number;
  /** Entry n stands at (n - 1) modulo the capacity. */
  readonly #ring: JournalEntry[] = [];
  readonly #byName = new Map<string, JournalEntry[]>();
  #total = 0;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get total(): number {
    return this.#total;
  }

  get forgotten(): number {
    return Math.max(0, this.#total - this.#capacity);
  }

  record(executed: Omit<JournalEntry, 'seq' | 'replied'>): JournalEntry {
    const at = this.#total % this.#capacity;
    const entry: JournalEntry = { seq: ++this.#total, ...executed, replied: 'pending' };
    const oldest = this.#ring[at];
    if (oldest) this.#forget(oldest);
    this.#ring[at] = entry;
    const ofName = this.#byName.get(entry.name);
    if (ofName) ofName.push(entry);
    else this.#byName.set(entry.name, [entry]);
    return entry;
  }

  read({ name, after = 0, limit = this.#capacity }: JournalQuery = {}): JournalPage {
    const { total, forgotten } = this;
    const page = (entries: JournalEntry[]) => ({ total, forgotten, entries });
    if (name !== undefined) {
      const all = this.#byName.get(name.toLowerCase()) ?? [];
      return page(all.filter(({ seq }) => seq > after).slice(0, limit));
    }
    const first = Math.max(after, forgotten);
    const last = Math.min(total, first + limit);
    const entries: JournalEntry[] = [];
    for (let index = first; index < last; index++) {
      const entry = this.#ring[index % this.#capacity];
      if (entry) entries.push(entry);
    }
    return page(entries);
  }

  /** The oldest of all is the oldest of its name. */
  #forget({ name }: JournalEntry): void {
    const ofName = this.#byName.get(name);
    ofName?.shift();
    if (ofName?.length === 0) this.#byName.delete(name);
  }
}
