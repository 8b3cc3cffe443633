import { Command } from 'commander';
import { messageOf } from '../lib/errors.ts';

/** Where operator, adapters and gateways, and the simulator serve unless they are told otherwise. */
const PORTS = [8080, 8081, 8700];
const TIMEOUT_MS = 3_000;

/** `eppset healthcheck`: for whoever can run a program in a container and not ask it over HTTP, as Docker's HEALTHCHECK. */
export function healthcheckCommand(): Command {
  return new Command('healthcheck')
    .description('asks an eppset whether it is well; exit code 1 when it is not')
    .argument('[url]', `default: /livez at the usual ports of this machine (${PORTS.join(', ')})`)
    .action(async (url: string | undefined) => {
      const urls = url === undefined ? PORTS.map((port) => `http://127.0.0.1:${port}/livez`) : [url];
      const answers = await Promise.all(urls.map(ask));
      const well = answers.find(({ ok }) => ok);
      process.stdout.write(`${(well ?? answers[0])?.text ?? ''}\n`);
      if (well === undefined) process.exitCode = 1;
    });
}

async function ask(url: string): Promise<{ ok: boolean; text: string }> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
    return { ok: response.ok, text: `${url}: ${response.status} ${await response.text()}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause ? `: ${messageOf(error.cause)}` : '';
    return { ok: false, text: `${url}: ${messageOf(error)}${cause}` };
  }
}
