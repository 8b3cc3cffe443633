/** The registry of the engine's benchmark: as little work as can be, the same for every client. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import { encodeFrame } from '../../src/epp/frame.ts';
import { writeData } from '../../src/epp/responses/data.ts';
import { greeting, response } from '../../src/simulator/replies.ts';

/** Names and clTRIDs of the benchmark have these lengths, so that they stand in fixed places. */
export const NAME_LENGTH = 16;
export const ID_LENGTH = 16;
/** In front of the name, and behind the id, of a check as it is written here. */
const BEFORE_NAME = '<domain:name>';
const AFTER_ID = '</clTRID></command></epp>';

const marks = { name: 'n'.repeat(NAME_LENGTH), id: 'i'.repeat(ID_LENGTH) };
const answerFrame = encodeFrame(
  response(
    { code: 1000, resData: writeData('domain', 'chkData', { cd: [{ name: marks.name, avail: true }] }) },
    marks.id,
    'SV-0000000000000001',
  ),
);
const nameAt = answerFrame.indexOf(marks.name);
const idAt = answerFrame.indexOf(marks.id);

export async function servePeer(certificates: { cert: string; key: string }): Promise<{ port: number }> {
  const server = createServer(certificates, answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { port: (server.address() as AddressInfo).port };
}

/** Greets, accepts the login, then answers every check; ends at the logout. */
function answer(socket: TLSSocket): void {
  socket.setNoDelay(true);
  socket.on('error', () => {});
  socket.write(encodeFrame(greeting(new Date(0))));
  let rest: Buffer = Buffer.alloc(0);
  let loggedIn = false;
  let checkNameAt = -1;
  socket.on('data', (chunk: Buffer) => {
    const input = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    const frames: number[] = [];
    let at = 0;
    for (; at + 4 <= input.length; ) {
      const length = input.readUInt32BE(at);
      if (at + length > input.length) break;
      frames.push(at);
      at += length;
    }
    rest = input.subarray(at);
    if (frames.length === 0) return;
    if (!loggedIn) {
      loggedIn = true;
      socket.write(
        encodeFrame(response({ code: 1000 }, /<clTRID>([^<]*)/.exec(input.toString())?.[1], 'SV-1')),
      );
      return;
    }
    if (checkNameAt < 0) checkNameAt = input.indexOf(BEFORE_NAME) + BEFORE_NAME.length;
    if (input.includes('<logout/>', frames.at(-1))) {
      socket.end(
        encodeFrame(response({ code: 1500 }, /<clTRID>([^<]*)/.exec(input.toString())?.[1], 'SV-1')),
      );
      return;
    }
    const out = Buffer.allocUnsafe(frames.length * answerFrame.length);
    frames.forEach((frame, i) => {
      const to = i * answerFrame.length;
      const end = frame + input.readUInt32BE(frame) - AFTER_ID.length;
      answerFrame.copy(out, to);
      input.copy(out, to + nameAt, frame + checkNameAt, frame + checkNameAt + NAME_LENGTH);
      input.copy(out, to + idAt, end - ID_LENGTH, end);
    });
    socket.write(out);
  });
}
