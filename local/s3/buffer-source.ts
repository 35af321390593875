import type { BodySource } from "./body-intake.ts";

/** Octets that come from inside the process: nothing to verify. */
export function bufferSource(body: Uint8Array | AsyncIterable<Uint8Array>): BodySource {
  const octets = body instanceof Uint8Array ? once(body) : body;
  return { octets, declared: undefined, trailers: new Map(), sha256: null, contentMd5: null, expectedOctets: null };
}

async function* once(body: Uint8Array): AsyncGenerator<Uint8Array> {
  if (body.length > 0) yield body;
}
