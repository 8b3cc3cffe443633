import { Command } from 'commander';
import { messageOf } from '../lib/errors.ts';
import { VERSION } from '../lib/version.ts';
import { SUBCOMMANDS } from './catalogue.ts';

/**
 * Loads the code of the one subcommand that was named: an adapter must not pay for the operator's imports.
 * @param name of the program, for its help
 */
export function runProgram(name: string, argv: readonly string[]): void {
  parse(name, argv).catch((error: unknown) => {
    process.stderr.write(`eppset: ${messageOf(error)}\n`);
    process.exitCode = 1;
  });
}

async function parse(programName: string, argv: readonly string[]): Promise<void> {
  const program = new Command(programName)
    .description(
      'EPP traffic split into sets that together never open more connections than a registry allows',
    )
    .version(VERSION)
    .showHelpAfterError(`(run \`${programName} --help\` for the commands)`);
  const wanted = argv.find((argument) => !argument.startsWith('-'));
  for (const { name, description, load } of SUBCOMMANDS) {
    program.addCommand(name === wanted ? await load() : new Command(name).description(description));
  }
  await program.parseAsync(argv, { from: 'user' });
}
