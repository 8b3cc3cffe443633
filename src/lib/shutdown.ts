/**
 * Turns SIGTERM and SIGINT into one AbortSignal. A second signal ends the process at once with 130, so that nobody is
 * held hostage by a drain that hangs.
 */
export function shutdownSignal(process: NodeJS.Process): AbortSignal {
  const controller = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(130);
    controller.abort(new Error(`received ${name}`));
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
  return controller.signal;
}
