/**
 * The connections that serve queries, by how many they have in flight. Every step is O(1), and O(depth) to choose.
 *
 *   level 0   ○ ○          idle: the last in is taken first, so that the others stay idle, and a shrink finds them
 *   level 1   ● ●
 *   level 2   ●
 *   full      ● ● ●        one that leaves, or has a transform in flight, is in no level
 */
export interface Loaded {
  /** Kept by the levels. */
  link: LevelLink | undefined;
}

export interface LevelLink {
  readonly connection: Loaded;
  level: Level;
  newer: LevelLink | undefined;
  older: LevelLink | undefined;
}

interface Level {
  count: number;
  newest: LevelLink | undefined;
}

export class LoadLevels<C extends Loaded> {
  /** The last is of the full ones. */
  readonly #levels: Level[];
  readonly #depth: number;
  #size = 0;

  constructor(depth: number) {
    this.#depth = depth;
    this.#levels = Array.from({ length: depth + 1 }, () => ({ count: 0, newest: undefined }));
  }

  get idle(): number {
    return this.#levels[0]?.count ?? 0;
  }

  /** Commands that fit in beside those in flight. */
  get room(): number {
    return this.#levels.reduce((sum, { count }, inFlight) => sum + count * (this.#depth - inFlight), 0);
  }

  get size(): number {
    return this.#size;
  }

  /** Puts it where it belongs now; undefined: nowhere. */
  set(connection: C, inFlight: number | undefined): void {
    const level = inFlight === undefined ? undefined : this.#levels[inFlight];
    if (connection.link?.level === level) return;
    this.#takeOut(connection);
    if (!level) return;
    const link: LevelLink = { connection, level, newer: undefined, older: level.newest };
    if (level.newest) level.newest.newer = link;
    level.newest = link;
    level.count++;
    this.#size++;
    connection.link = link;
  }

  /** The idle one to take next. */
  get firstIdle(): C | undefined {
    return this.#levels[0]?.newest?.connection as C | undefined;
  }

  /**
   * The one with the least in flight, after `kept` of those with the least have been left out: they become idle for what
   * needs a connection of its own. Of equals the newest is chosen, so the same ones are left out until they are idle.
   */
  least(kept: number): C | undefined {
    let left = kept;
    for (let inFlight = 0; inFlight < this.#depth; inFlight++) {
      const { count, newest } = this.#levels[inFlight] as Level;
      if (count > left) return newest?.connection as C | undefined;
      left -= count;
    }
    return undefined;
  }

  #takeOut(connection: C): void {
    const { link } = connection;
    if (!link) return;
    const { level, newer, older } = link;
    if (newer) newer.older = older;
    else level.newest = older;
    if (older) older.newer = newer;
    level.count--;
    this.#size--;
    connection.link = undefined;
  }
}
