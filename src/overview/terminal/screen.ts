/** Where frames are drawn, one over the other. */
export interface Screen {
  draw(lines: readonly string[]): void;
  /** Puts the terminal back as it was; again: nothing. */
  close(): void;
}

interface Output {
  write(text: string): unknown;
  isTTY?: boolean;
  rows?: number;
}

/** ECMA-48, and xterm's alternate screen (DECSET 1049), which leaves what stood in the terminal before. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const REST_OF_LINE = '\u001b[K';
const REST_OF_SCREEN = '\u001b[J';

/** On a terminal in place, cut at its height; elsewhere frame after frame, each followed by an empty line. */
export function openScreen(output: Output): Screen {
  return output.isTTY === true
    ? terminalScreen(output)
    : { draw: (lines) => print(output, lines), close() {} };
}

function print(output: Output, lines: readonly string[]): void {
  output.write(`${lines.join('\n')}\n\n`);
}

function terminalScreen(output: Output): Screen {
  let isOpen = true;
  output.write(ENTER);
  return {
    draw(lines) {
      if (!isOpen) return;
      const { rows = lines.length } = output;
      const tooMany = lines.length > rows;
      const shown = tooMany
        ? [
            ...lines.slice(0, rows - 1),
            `${lines.length - rows + 1} more lines: make the window higher, or name one namespace`,
          ]
        : lines;
      // Drawn over the old frame rather than after a wipe: nothing flickers.
      output.write(`${HOME}${shown.map((line) => `${line}${REST_OF_LINE}`).join('\r\n')}${REST_OF_SCREEN}`);
    },
    close() {
      if (isOpen) output.write(LEAVE);
      isOpen = false;
    },
  };
}
