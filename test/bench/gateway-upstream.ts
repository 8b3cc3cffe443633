/** What stands behind both proxies of the gateway's benchmark: answers as an adapter does, without a registry. A process of its own. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const ANSWER = JSON.stringify({
  outcome: 'done',
  results: [{ code: 1000, message: 'Command completed successfully' }],
  clTRID: 'EPPSET-9f3ac2d417b0-1',
  svTRID: 'SV-20300101-000001',
  data: { cd: [{ name: 'example.com', avail: true }] },
});

const server = createServer({ keepAliveTimeout: 600_000 }, (request, response) => {
  request.resume();
  request.on('end', () => {
    response.writeHead(200, {
      'x-epp-account': 'verisign-acme',
      'x-epp-capacity': '7',
      'x-epp-set': 'epp.core.bench',
      'x-epp-outcome': 'done',
      'x-request-id': request.headers['x-request-id'] ?? 'made-1',
      'content-type': 'application/json; charset=utf-8',
      'content-length': ANSWER.length,
    });
    response.end(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
