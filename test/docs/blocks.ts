/**
 * The shell commands of the documents, and where each of them is run. A fenced `sh` block names its place behind the language, where
 * readers of the rendered page do not see it:
 *
 *   ```sh cluster                 on a Kubernetes cluster with the samples
 *   ```sh local                   with Node alone, in the folder of the checkout
 *   ```sh make                    not run: each line is a make target or a program of this checkout that is there; CI runs them otherwise
 *   ```sh tested: test/x.test.ts  run by that test, which reads the document
 *   ```sh never: why              not run
 *
 * What a reader need not see, such as making and removing a namespace, stands in a comment: `<!--sh cluster`, the commands, `-->`.
 * `# → text` at the end of a line: the output of the block must have that text.
 */

export const PLACES = ['cluster', 'local', 'make', 'tested', 'never'] as const;
export type Place = (typeof PLACES)[number];

export interface Block {
  /** Path in the checkout. */
  document: string;
  /** Of its first line, which names the place. */
  line: number;
  /** What stands behind the language. */
  info: string;
  /** The commands. */
  text: string;
}

const FENCE = /^ *(```+|~~~+) *(\S*) *(.*)$/;
const HIDDEN = /^<!-- *sh +(.*)$/;

/** Every block of shell commands of a document, those of other names of the language among them. */
export function blocksOf(document: string, markdown: string): Block[] {
  const blocks: Block[] = [];
  let open:
    | { line: number; info: string; isEnd(line: string): boolean; lines: string[] | undefined }
    | undefined;
  for (const [index, line] of markdown.split('\n').entries()) {
    if (open) {
      if (!open.isEnd(line)) {
        open.lines?.push(line);
        continue;
      }
      const { lines, line: first, info } = open;
      if (lines) blocks.push({ document, line: first, info, text: `${lines.join('\n')}\n` });
      open = undefined;
      continue;
    }
    const [, fence = '', language = '', rest = ''] = FENCE.exec(line) ?? [];
    if (fence !== '') {
      const isEnd = (end: string) => end.trim() === fence;
      open = { line: index + 1, info: rest, isEnd, lines: isShell(language) ? [] : undefined };
      continue;
    }
    const [, info] = HIDDEN.exec(line) ?? [];
    if (info !== undefined) open = { line: index + 1, info, isEnd: (end) => end.trim() === '-->', lines: [] };
  }
  if (open?.lines) throw new Error(`${document}:${open.line}: the block does not end`);
  return blocks;
}

function isShell(language: string): boolean {
  return ['sh', 'bash', 'shell', 'zsh', 'console'].includes(language);
}

/** The place of a block, and what stands behind its colon. Throws, with what to do, where there is none. */
export function placeOf({ document, line, info }: Block): { place: Place; argument: string } {
  const [, name = '', argument = ''] = /^([a-z]*)(?:: *(.*))?$/.exec(info.trim()) ?? [];
  const place = PLACES.find((known) => known === name);
  const at = `${document}:${line}`;
  if (place === undefined)
    throw new Error(
      `${at}: '${info}' is no place for commands: say \`\`\`sh and one of ${PLACES.join(', ')}`,
    );
  const wantsArgument = place === 'never' || place === 'tested';
  if (wantsArgument !== (argument !== ''))
    throw new Error(`${at}: ${place} ${wantsArgument ? 'needs words behind a colon' : 'stands alone'}`);
  return { place, argument };
}

/** What the output of a block must have. */
export function expectedOf({ text }: Block): string[] {
  return [...text.matchAll(/# → (.+)$/gm)].map(([, expected = '']) => expected.trim());
}
