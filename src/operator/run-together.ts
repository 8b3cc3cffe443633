/**
 * Runs several parts until the signal is aborted. A part that ends before that, in whatever way, ends them all: half an operator is
 * worse than none, since nobody takes over. Rejects with what the first of them threw; an abort that was ordered is no error.
 */
export async function runTogether(
  signal: AbortSignal,
  parts: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const group = new AbortController();
  const stop = () => group.abort(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let failure: { error: unknown } | undefined;
  const guarded = parts.map(async (part, index) => {
    try {
      await part(group.signal);
      if (!group.signal.aborted) throw new Error(`part ${index} ended by itself`);
    } catch (error) {
      if (!group.signal.aborted) failure = { error };
      group.abort(error);
    }
  });
  await Promise.all(guarded);
  signal.removeEventListener('abort', stop);
  if (failure !== undefined) throw failure.error;
}
