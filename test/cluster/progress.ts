/** What a person sees while something long is made: what, how long it usually takes, and that it still goes on. */

export interface Progress {
  line(text: string): void;
}

/** To standard error: standard output belongs to the result (a path, a kubeconfig). */
export const toStderr: Progress = { line: (text) => console.error(text) };
export const silent: Progress = { line: () => {} };

export interface StepOptions {
  /** How often a line says that the step still runs. */
  everyMs?: number;
  /** What to say beside the elapsed time, e.g. how far it is. */
  detail?: () => string;
}

/** Runs a step with a line at its start, one every so often, and one at its end. `usually` tells people how long to wait. */
export async function step<T>(
  progress: Progress,
  what: string,
  usually: string,
  work: () => Promise<T>,
  options: StepOptions = {},
): Promise<T> {
  const start = performance.now();
  const seconds = () => Math.round((performance.now() - start) / 1000);
  progress.line(`${what} (usually ${usually})`);
  const ticker = setInterval(() => {
    const detail = options.detail?.() ?? '';
    progress.line(`  ${seconds()} s: ${what}${detail === '' ? '' : `, ${detail}`}`);
  }, options.everyMs ?? 15_000);
  try {
    const result = await work();
    progress.line(`  ${seconds()} s: done`);
    return result;
  } finally {
    clearInterval(ticker);
  }
}
