/** Text in cells of a terminal. */

/** Control characters, and what turns or hides text: a message of somebody else must not steer the terminal. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]+/gu;
const MARK = /^\p{M}$/u;
const WIDE =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

/** On one line, without anything that a terminal would obey. */
export function plain(text: string): string {
  return text.replace(UNSEEN, ' ').trim();
}

/** Cells that the text takes: Chinese, Japanese and Korean characters take two. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) width += MARK.test(character) ? 0 : WIDE.test(character) ? 2 : 1;
  return width;
}

/** At most `width` cells; what is left out is marked. */
export function cut(text: string, width: number, ellipsis: string): string {
  if (displayWidth(text) <= width) return text;
  const room = width - displayWidth(ellipsis);
  return room < 0 ? head(text, width) : `${head(text, room)}${ellipsis}`;
}

/** Filled with spaces to `width` cells. */
export function padded(text: string, width: number, side: 'left' | 'right' = 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - displayWidth(text)));
  return side === 'right' ? `${text}${gap}` : `${gap}${text}`;
}

/** Lines of at most `width` cells, broken at spaces, and within a word that is longer. */
export function wrapped(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(' ').filter((part) => part !== '')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (displayWidth(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    while (displayWidth(word) > width) {
      const part = head(word, width);
      lines.push(part);
      word = word.slice(part.length);
    }
    line = word;
  }
  return line === '' ? lines : [...lines, line];
}

/** As many characters as fit; at least one, so that whoever asks again comes to an end. */
function head(text: string, width: number): string {
  let taken = '';
  for (const character of text) {
    if (taken !== '' && displayWidth(taken) + displayWidth(character) > width) break;
    taken += character;
  }
  return taken;
}
