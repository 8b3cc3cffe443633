#!/usr/bin/env node
import { runProgram } from './commands/program.ts';

runProgram('eppset', process.argv.slice(2));
