import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { Command } from 'commander';
import { z } from 'zod';
import { readDocuments } from '../epp/any-document.ts';
import { writeCommand } from '../epp/catalogue.ts';
import type { EppCommand } from '../epp/command.ts';
import { encodeFrame } from '../epp/frame.ts';
import { messageOf } from '../lib/errors.ts';

/** What the subcommand reads and writes. */
export interface EppCommandStreams {
  stdin: NodeJS.ReadableStream;
  out(chunk: string | Uint8Array): void;
  err(line: string): void;
}

const PROCESS_STREAMS: EppCommandStreams = {
  stdin: process.stdin,
  out: (chunk) => process.stdout.write(chunk),
  err: (line) => process.stderr.write(`${line}\n`),
};

/** `eppset epp`: frames as JSON and back, for people who debug. */
export function eppCommand(streams: EppCommandStreams = PROCESS_STREAMS): Command {
  return new Command('epp')
    .description('turns EPP frames into JSON and back')
    .addCommand(
      new Command('read')
        .description(
          'prints a line of JSON for each document in the files: bare XML, or frames with their headers',
        )
        .argument('<file...>', 'files, or - for standard input')
        .option('--redact', 'blank passwords and authInfo')
        .action((files: string[], options: { redact?: boolean }) => read(files, options, streams)),
    )
    .addCommand(
      new Command('write')
        .description(
          'prints the XML of each command: a line of JSON as `read` prints it, {object, command, body, extensions, clTRID}',
        )
        .argument('[file...]', 'files of such lines; standard input by default')
        .option('--frames', 'write frames with their headers instead of lines (RFC 5734 section 4)')
        .action((files: string[], options: { frames?: boolean }) => write(files, options, streams)),
    );
}

async function read(
  files: readonly string[],
  options: { redact?: boolean },
  { stdin, out, err }: EppCommandStreams,
): Promise<void> {
  for (const file of files) {
    try {
      const bytes = file === '-' ? await allOf(stdin) : await readFile(file);
      for (const document of readDocuments(bytes, options)) out(`${JSON.stringify({ file, ...document })}\n`);
    } catch (error) {
      err(`${file}: ${messageOf(error)}`);
      process.exitCode = 1;
    }
  }
}

async function allOf(stream: NodeJS.ReadableStream): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

/** A line as `read` prints it. What its body and its extensions must be is the command's own schema. */
const line = z.strictObject({
  file: z.string().optional(),
  kind: z.literal('command', { error: 'must be "command": responses are read only' }).optional(),
  object: z.string().optional(),
  command: z.string(),
  body: z.record(z.string(), z.unknown()).default({}),
  extensions: z.record(z.string(), z.unknown()).optional(),
  clTRID: z.string().optional(),
});

async function write(
  files: readonly string[],
  options: { frames?: boolean },
  { stdin, out, err }: EppCommandStreams,
): Promise<void> {
  for (const file of files.length === 0 ? ['-'] : files) {
    let number = 0;
    try {
      const lines = createInterface({ input: file === '-' ? stdin : createReadStream(file) });
      for await (const text of lines) {
        number++;
        if (text.trim() === '') continue;
        try {
          const xml = writeLine(text);
          out(options.frames ? encodeFrame(xml) : `${xml}\n`);
        } catch (error) {
          err(`${file}:${number}: ${messageOf(error)}`);
          process.exitCode = 1;
        }
      }
    } catch (error) {
      err(`${file}: ${messageOf(error)}`);
      process.exitCode = 1;
    }
  }
}

/** The document of one line. Throws with what is wrong, and where. */
function writeLine(text: string): string {
  const parsed = line.safeParse(parseJson(text));
  if (!parsed.success) {
    const told = parsed.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'the line'}: ${message}`,
    );
    throw new Error(told.join('; '));
  }
  const { file: _file, kind: _kind, ...command } = parsed.data;
  return writeCommand(command as EppCommand);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // V8 quotes the text in its message, and that may hold a password
    throw new Error('is no line of JSON');
  }
}
