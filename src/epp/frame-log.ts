import type { Log } from '../lib/log.ts';
import { redactXml } from './redact.ts';
import type { ConnectTransport } from './transport.ts';

/** A transport that logs every frame at debug, secrets redacted. Costs time on each. */
export function logFrames(connect: ConnectTransport, log: Log): ConnectTransport {
  return (options, events) => {
    const transport = connect(options, {
      ...events,
      frame(body) {
        log.debug({ xml: redactXml(body.toString()) }, 'EPP frame received');
        events.frame(body);
      },
    });
    return {
      get peerClosed() {
        return transport.peerClosed;
      },
      get certificates() {
        return transport.certificates;
      },
      write(documents) {
        for (const xml of documents) log.debug({ xml: redactXml(xml) }, 'EPP frame sent');
        transport.write(documents);
      },
      end: () => transport.end(),
      destroy: () => transport.destroy(),
    };
  };
}
