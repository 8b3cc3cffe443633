/** A page's connection, as a program reads it. */
import { eventReader } from '../../src/console/page/events.ts';
import type { HandOver, Overview } from '../../src/overview/overview.ts';
import { eventually } from '../support/eventually.ts';

export class StreamReader {
  readonly response: Response;
  readonly overviews: Overview[] = [];
  readonly handOvers: { reset: boolean; handOvers: HandOver[] }[] = [];
  comments = 0;
  ended = false;
  readonly #abort: AbortController;

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    void this.#read();
  }

  static async open(url: string, token?: string): Promise<StreamReader> {
    const abort = new AbortController();
    const headers: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/console/api/stream`, { headers, signal: abort.signal });
    return new StreamReader(response, abort);
  }

  close(): void {
    this.#abort.abort();
  }

  /** The overview that came last, once there are so many. */
  async overview(count = 1): Promise<Overview> {
    await eventually(() => this.overviews.length >= count, { what: `${count} overviews` });
    return this.overviews.at(-1) as Overview;
  }

  async #read(): Promise<void> {
    const events = eventReader();
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) {
        const text = decoder.decode(chunk, { stream: true });
        this.comments += text.split('\n').filter((line) => line.startsWith(':')).length;
        for (const { name, data } of events(text)) {
          if (name === 'overview') this.overviews.push(JSON.parse(data));
          if (name === 'hand-overs') this.handOvers.push(JSON.parse(data));
        }
      }
    } catch {
      // closed by this side
    }
    this.ended = true;
  }
}
