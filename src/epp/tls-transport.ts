import type { SocketConstructorOpts } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { codeOf } from './connect-failure.ts';
import { connectionOptions } from './connection-options.ts';
import { encodeFrames, FrameError, FrameReader } from './frame.ts';
import type { SessionCertificates } from './session.ts';
import type { ConnectTransport } from './transport.ts';

/** What TLS gives in one read at most, and more. */
const READ_BYTES = 64 * 1024;

/** EPP over TLS over TCP (RFC 5734). */
export const connectTls: ConnectTransport = (options, events) => {
  const reader = new FrameReader(options.profile.maxFrameBytes);
  let peerClosed = false;
  let certificates: SessionCertificates | undefined;

  // one buffer for all reads: otherwise each read makes one, and taking them away again costs more than reading the frames
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (bytes: number): boolean => {
    try {
      reader.read(buffer.subarray(0, bytes), events.frame);
    } catch (error) {
      if (!(error instanceof FrameError)) throw error;
      events.badFrame(error);
    }
    return true;
  };
  const reading: Pick<SocketConstructorOpts, 'onread'> = { onread: { buffer, callback } };
  const socket = connect({ ...connectionOptions(options), ...reading });

  // a frame goes out with its last byte, not when the one before it is acknowledged
  socket.setNoDelay(true);
  socket.once('secureConnect', () => {
    certificates = certificatesOf(socket);
    events.secure();
  });
  socket.once('end', () => {
    peerClosed = true;
    events.end(!reader.atBoundary);
  });
  socket.on('error', (error) => {
    const code = codeOf(error);
    if (code === 'ECONNRESET' || code === 'EPIPE') peerClosed = true;
    events.error(error);
  });
  socket.once('close', () => events.closed());
  return {
    get peerClosed() {
      return peerClosed;
    },
    get certificates() {
      return certificates;
    },
    write: (documents) => void socket.write(encodeFrames(documents)),
    end: () => void socket.end(),
    destroy: () => void socket.destroy(),
  };
};

/** When the certificates of both ends expire. */
function certificatesOf(socket: TLSSocket): SessionCertificates {
  const [client, server] = [socket.getX509Certificate(), socket.getPeerX509Certificate()];
  return {
    ...(client ? { client: { notAfter: client.validToDate } } : {}),
    ...(server ? { server: { notAfter: server.validToDate } } : {}),
  };
}
