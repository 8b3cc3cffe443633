/** Sinks that are lines of JSON: standard output, or a file. */
import { open } from 'node:fs/promises';
import type { MessageSink } from './poll-message.ts';

/** @param write settles when the line is out of our hands */
export function lineSink(write: (line: string) => Promise<void>, more: object = {}): MessageSink {
  return { deliver: (message) => write(`${JSON.stringify({ ...more, pollMessage: message })}\n`) };
}

export function writeToStdout(line: string): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(line, (error) => (error ? reject(error) : resolve()));
  });
}

/** Appends, and waits until the disk has it: the registry forgets the message after that. */
export function appendTo(path: string): (line: string) => Promise<void> {
  return async (line) => {
    const file = await open(path, 'a', 0o600);
    try {
      await file.writeFile(line);
      await file.sync();
    } finally {
      await file.close();
    }
  };
}
