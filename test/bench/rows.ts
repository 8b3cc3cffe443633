/** What a benchmark has found, with what was wanted, as it is printed and kept. */
export interface Row {
  what: string;
  measured: number;
  unit: string;
  wanted: string;
  ok: boolean;
  [more: string]: unknown;
}

/** Prints a row at once and adds it: a later measurement may fail. */
export function tell(rows: Row[], row: Row): void {
  rows.push(row);
  const { ok, what, measured, unit, wanted, ...more } = row;
  const figure = measured >= 100 ? measured.toFixed(0) : measured.toFixed(2);
  console.log(`${ok ? 'ok  ' : 'MISS'} ${what}: ${figure} ${unit} (wanted ${wanted})`);
  const told = Object.entries(more).map(
    ([name, value]) =>
      `${name} ${typeof value === 'number' ? Number(value.toFixed(2)) : typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  if (told.length > 0) console.log(`       ${told.join(', ')}`);
}
