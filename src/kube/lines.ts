/**
 * Splits a byte stream into lines, wherever the chunks end: inside a line, a line break or a UTF-8 character. The break is
 * `\n`; empty lines are left out. What stands after the last break is yielded as a line too.
 */
export async function* readLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  const decoder = new TextDecoder();
  // A big object comes in many chunks: they are joined once, not at every chunk.
  let pieces: string[] = [];
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      pieces.push(text.slice(from, end));
      from = end + 1;
      const line = pieces.join('');
      pieces = [];
      if (line !== '') yield line;
    }
    if (from < text.length) pieces.push(text.slice(from));
  }
  const rest = pieces.join('') + decoder.decode();
  if (rest !== '') yield rest;
}
