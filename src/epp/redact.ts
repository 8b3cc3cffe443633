/** Frames are redacted as every log line is. */
export { redactXml } from '../lib/redact-xml.ts';
