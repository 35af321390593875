/** RFC 5322 §3.6.3: blind copies are not shown to the others. */
import { asBuffer, nextLine, readHeaderBlock } from "./header-fields.ts";

/** The message without its Bcc and Resent-Bcc fields; the same octets when it has none. */
export const withoutBcc = (message: Uint8Array): Uint8Array => {
  const octets = asBuffer(message);
  const { fields } = readHeaderBlock(octets, 0, octets.length);
  const kept: Buffer[] = [];
  let copied = 0;
  for (const { name, start, end } of fields) {
    if (!/^(?:resent-)?bcc$/i.test(name)) continue;
    kept.push(octets.subarray(copied, start));
    copied = nextLine(octets, end, octets.length);
  }
  return copied === 0 ? message : Buffer.concat([...kept, octets.subarray(copied)]);
};
