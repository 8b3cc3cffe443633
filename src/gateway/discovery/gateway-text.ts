import { parse } from 'yaml';
import { type GatewayFile, gatewayFile } from '../../api/files/gateway-file.ts';
import type { Parsed } from '../../api/parse.ts';
import { problemsOf } from '../../api/problems.ts';
import { messageOf } from '../../lib/errors.ts';

/** The gateway's file out of its text, defaults filled in. Never throws. */
export function readGatewayText(text: string): Parsed<GatewayFile> {
  let value: unknown;
  try {
    value = parse(text);
  } catch (error) {
    // Its other lines quote the text
    const [first = ''] = messageOf(error).split('\n');
    return { ok: false, problems: [{ path: '', message: `is no YAML: ${first}` }] };
  }
  const parsed = gatewayFile.safeParse(value);
  if (parsed.success) return { ok: true, value: parsed.data };
  const problems = parsed.error.issues.flatMap((issue) => problemsOf(issue, issue.path, value));
  return { ok: false, problems };
}
