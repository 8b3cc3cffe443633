import { bar, type Segment } from './bar.ts';
import { type Look, paint, type Style } from './look.ts';
import { cut, displayWidth, padded, plain, wrapped } from './text.ts';

export interface Column {
  title: string;
  /** Numbers stand at the right. */
  right?: boolean;
  /** Left out where it is narrow. */
  optional?: boolean;
}

export type Cell = { text: string; style?: Style } | { bar: readonly Segment[] };

export interface Row {
  cells: readonly Cell[];
  /** What is to be said of it, below. */
  notes: readonly Note[];
}

/** One sentence, broken into lines as needed. */
export interface Note {
  /** Before its first line. */
  mark?: string;
  text: string;
  style?: Style;
}

const GAP = 2;
const BAR = { min: 10, max: 40 } as const;
const NOTE_INDENT = 2;

/**
 * Columns as wide as what stands in them, a bar as wide as there is room for. Where the width does not do, optional columns go first;
 * then each row becomes a few lines of its own.
 */
export function table(columns: readonly Column[], given: readonly Row[], look: Look): string[] {
  const rows = given.map(({ cells, notes }) => ({ cells: cells.map(harmless), notes }));
  const shown = columns.map((_, index) => index);
  while (widthOf(columns, rows, shown) > look.columns) {
    const doomed = shown.findLastIndex((index) => columns[index]?.optional);
    if (doomed < 0) return records(columns, rows, look);
    shown.splice(doomed, 1);
  }
  const spare = look.columns - widthOf(columns, rows, shown);
  const widths = new Map(
    shown.map((index) => {
      const width = columnWidth(columns, rows, index);
      return [index, isBar(rows, index) ? Math.min(BAR.max, width + spare) : width];
    }),
  );
  const line = (cellOf: (index: number, width: number) => string): string =>
    [...widths]
      .map(([index, width]) => cellOf(index, width))
      .join(' '.repeat(GAP))
      .trimEnd();
  const title = line((index, width) => padded(columns[index]?.title ?? '', width, side(columns[index])));
  return [
    paint(title, 'title', look),
    ...rows.flatMap(({ cells, notes }) => [
      line((index, width) => drawn(cells[index], width, columns[index], look)),
      ...notes.flatMap((one) => note(one, look)),
    ]),
  ];
}

/** Not every name was checked by the API: one in a lease may be anything. */
function harmless(cell: Cell): Cell {
  return 'text' in cell ? { ...cell, text: plain(cell.text) } : cell;
}

/** @returns its lines, at most as wide as the terminal */
export function note({ mark = '', text, style }: Note, look: Look): string[] {
  const indent = ' '.repeat(NOTE_INDENT);
  const hang = ' '.repeat(displayWidth(mark));
  return wrapped(plain(text), look.columns - NOTE_INDENT - hang.length).map(
    (line, index) => `${indent}${paint(`${index === 0 ? mark : hang}${line}`, style, look)}`,
  );
}

/** Each row on lines of its own: what it is, its bar, and its figures as a sentence. */
function records(columns: readonly Column[], rows: readonly Row[], look: Look): string[] {
  const [first, second] = columns;
  const lines = [paint(first?.title ?? '', 'title', look)];
  for (const { cells, notes } of rows) {
    const [name, state] = cells.map((cell) => ('text' in cell ? cell : undefined));
    const isShort = second !== undefined && displayWidth(`${name?.text}  ${state?.text}`) <= look.columns;
    lines.push(
      isShort
        ? `${name?.text}  ${paint(state?.text ?? '', state?.style, look)}`
        : cut(name?.text ?? '', look.columns, ellipsisOf(look)),
    );
    for (const cell of cells) {
      if ('bar' in cell) lines.push(`  ${bar(cell.bar, Math.min(BAR.max, look.columns - 2), look)}`);
    }
    const figures = cells.flatMap((cell, index) =>
      index < (isShort ? 2 : 1) || 'bar' in cell || cell.text === ''
        ? []
        : [`${columns[index]?.title.toLowerCase()} ${cell.text}`],
    );
    lines.push(...note({ text: figures.join(', ') }, look), ...notes.flatMap((one) => note(one, look)));
  }
  return lines;
}

function drawn(cell: Cell | undefined, width: number, column: Column | undefined, look: Look): string {
  if (cell === undefined) return ' '.repeat(width);
  if ('bar' in cell) return bar(cell.bar, width, look);
  const text = padded(cell.text, width, side(column));
  // The spaces stay as they are, so that the end of a line can be trimmed.
  return text.replace(cell.text, () => paint(cell.text, cell.style, look));
}

const side = (column: Column | undefined) => (column?.right ? 'left' : 'right');
const ellipsisOf = ({ unicode }: Look): string => (unicode ? '…' : '...');

const isBar = (rows: readonly Row[], index: number): boolean =>
  rows.some(({ cells }) => 'bar' in (cells[index] ?? {}));

function columnWidth(columns: readonly Column[], rows: readonly Row[], index: number): number {
  const cells = rows.map(({ cells }) => {
    const cell = cells[index];
    return cell === undefined ? 0 : 'bar' in cell ? BAR.min : displayWidth(cell.text);
  });
  return Math.max(displayWidth(columns[index]?.title ?? ''), ...cells);
}

function widthOf(columns: readonly Column[], rows: readonly Row[], shown: readonly number[]): number {
  return shown.reduce((sum, index) => sum + GAP + columnWidth(columns, rows, index), -GAP);
}
