/** Server-sent events out of pieces of text (WHATWG HTML, section 9.2), as far as this server sends them. */
export interface ServerEvent {
  name: string;
  data: string;
}

/** Returns what takes the next piece and gives the events that are whole with it. */
export function eventReader(): (piece: string) => ServerEvent[] {
  let rest = '';
  return (piece) => {
    const blocks = (rest + piece).split('\n\n');
    rest = blocks.pop() ?? '';
    return blocks.flatMap((block) => {
      const lines = block.split('\n');
      const field = (name: string) =>
        lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
      const [name, data] = [field('event'), field('data')];
      return name === undefined || data === undefined ? [] : [{ name, data }];
    });
  };
}
