import { Command } from 'commander';
import { openApiDocument } from '../adapter/openapi/document.ts';

/** `eppset openapi`: what an adapter shows at /openapi.json. */
export function openApiCommand(): Command {
  return new Command('openapi')
    .description('prints the OpenAPI document of the HTTP face of adapters')
    .action(() => {
      process.stdout.write(`${JSON.stringify(openApiDocument(), null, 2)}\n`);
    });
}
