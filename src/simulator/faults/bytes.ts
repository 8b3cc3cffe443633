/** Bytes that no registry should send. */
import { encodeFrame } from '../../epp/frame.ts';
import type { FaultAction } from './options.ts';

type GarbageKind = Extract<FaultAction, { kind: 'garbage' }>['as'];

/** True where the reply is whole for a reader that forgives. */
export function isReadable(as: GarbageKind): boolean {
  return as === 'control-characters' || as === 'undeclared-prefix';
}

/** What is written in place of the reply, its length header included. */
export function garbage(as: GarbageKind, xml: string): Buffer {
  if (typeof as === 'object') return encodeFrame(as.body);
  return GARBAGE[as](xml);
}

const GARBAGE: Record<Extract<GarbageKind, string>, (xml: string) => Buffer> = {
  'control-characters': (xml) => encodeFrame(xml.replace(/<(msg|svID)>/, '<$1>\u0001\u0008\u001b')),
  'undeclared-prefix': (xml) => encodeFrame(withUndeclaredPrefix(xml)),
  truncated: (xml) => encodeFrame(xml.slice(0, Math.ceil(xml.length / 2))),
  http: () => Buffer.from('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n'),
  oversize: (xml) => withLength(encodeFrame(xml), 0x7fffffff),
  empty: () => withLength(Buffer.alloc(4), 4),
};

const STRAY = '<stray:data stray:level="1">?</stray:data>';

function withUndeclaredPrefix(xml: string): string {
  if (xml.includes('<extension>')) return xml.replace('<extension>', `<extension>${STRAY}`);
  if (xml.includes('<trID>')) return xml.replace('<trID>', `<extension>${STRAY}</extension><trID>`);
  return xml.replace('</greeting>', `${STRAY}</greeting>`);
}

function withLength(frame: Buffer, length: number): Buffer {
  frame.writeUInt32BE(length, 0);
  return frame;
}

/** Sizes of pieces for one frame, at random: now and then the header alone is cut. */
export function randomSizes(bytes: number, random: () => number): number[] {
  const sizes: number[] = [];
  const most = Math.max(1, Math.ceil(bytes / 4));
  for (let left = bytes; left > 0; ) {
    const size = random() < 0.3 ? 1 + Math.floor(random() * 4) : 1 + Math.floor(random() * most);
    sizes.push(size);
    left -= size;
  }
  return sizes;
}
