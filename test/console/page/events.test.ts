import fc from 'fast-check';
import { expect, it } from 'vitest';
import { eventReader } from '../../../src/console/page/events.ts';

it('reads events however they are cut, and leaves comments out', () => {
  const events = [
    { name: 'overview', data: '{"at":"2026"}' },
    { name: 'hand-overs', data: '[": no comment"]' },
  ];
  const text = `: welcome\n\n${events.map(({ name, data }) => `event: ${name}\ndata: ${data}\n\n`).join(':\n\n')}:\n\n`;
  fc.assert(
    fc.property(fc.array(fc.nat({ max: text.length })), (cuts) => {
      const read = eventReader();
      const places = [0, ...cuts.sort((a, b) => a - b), text.length];
      const pieces = places.slice(1).map((end, index) => text.slice(places[index], end));
      expect(pieces.flatMap(read)).toEqual(events);
    }),
  );
});
