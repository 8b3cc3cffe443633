// What `helm test` runs in the image of the release: the operator is ready, and its kinds are served.
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const { OPERATOR_URL, API_URL, TOKEN_FILE, SECONDS = '60' } = process.env;
const KINDS = ['EppGateway', 'EppRegistry', 'EppSet'];
const deadline = Date.now() + Number(SECONDS) * 1000;

const CHECKS = {
  'the operator is ready': async () => {
    await get(`${OPERATOR_URL}/readyz`);
  },
  'the API serves the kinds': async () => {
    const authorization = `Bearer ${readFileSync(TOKEN_FILE, 'utf8').trim()}`;
    const list = await get(`${API_URL}/apis/eppset.io/v1alpha1`, { authorization });
    const served = new Set(JSON.parse(list).resources.map(({ kind }) => kind));
    const missing = KINDS.filter((kind) => !served.has(kind));
    if (missing.length > 0) throw new Error(`${missing.join(', ')} are not served`);
  },
};

async function get(url, headers = {}) {
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(5000) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} answers ${response.status}: ${text.slice(0, 500)}`);
  return text;
}

for (const [what, check] of Object.entries(CHECKS)) {
  for (;;) {
    try {
      await check();
      console.log(`yes: ${what}`);
      break;
    } catch (error) {
      if (Date.now() > deadline) {
        console.error(`no: ${what}: ${error.message}${error.cause ? ` (${error.cause.message})` : ''}`);
        process.exit(1);
      }
      await delay(1000);
    }
  }
}
