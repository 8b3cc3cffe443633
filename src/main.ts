#!/usr/bin/env node
import { Command } from 'commander';
import { SUBCOMMANDS } from './commands/catalogue.ts';
import { messageOf } from './lib/errors.ts';
import { VERSION } from './lib/version.ts';

/** Loads the code of the one subcommand that was named: an adapter must not pay for the operator's imports. */
async function main(argv: readonly string[]): Promise<void> {
  const program = new Command('eppset')
    .description(
      'EPP traffic split into sets that together never open more connections than a registry allows',
    )
    .version(VERSION)
    .showHelpAfterError('(run `eppset --help` for the commands)');
  const wanted = argv.find((argument) => !argument.startsWith('-'));
  for (const { name, description, load } of SUBCOMMANDS) {
    program.addCommand(name === wanted ? await load() : new Command(name).description(description));
  }
  await program.parseAsync(argv, { from: 'user' });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`eppset: ${messageOf(error)}\n`);
  process.exitCode = 1;
});
