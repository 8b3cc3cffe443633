#!/usr/bin/env node
/** The kubectl plugin: `kubectl eppset` shows the status, `kubectl eppset plan …` and the like run that subcommand. */
import { runProgram } from './commands/program.ts';

const argv = process.argv.slice(2);
const [first] = argv;
const isOfProgram =
  first !== undefined && (!first.startsWith('-') || ['-h', '--help', '-V', '--version'].includes(first));
runProgram('kubectl eppset', isOfProgram ? argv : ['status', ...argv]);
