/**
 * RFC 5321 §4.1.1.4: only CRLF.CRLF ends the data. A message that holds a look-alike (a lone dot between line ends of which
 * one is a bare CR or LF) would end early at a laxer server behind us and smuggle commands into it: it is refused.
 */
const LOOK_ALIKES = ["\n.\n", "\n.\r", "\r.\r", "\r.\n"].map((text) => Buffer.from(text, "latin1"));

export const smugglesEndOfData = (octets: Buffer): boolean =>
  LOOK_ALIKES.some((lookAlike) => {
    for (let at = octets.indexOf(lookAlike); at >= 0; at = octets.indexOf(lookAlike, at + 1)) {
      // CRLF.CRLF in the data was dot-stuffed on the wire: honest.
      const honest = lookAlike[0] === 0x0a && octets[at - 1] === 0x0d && lookAlike[2] === 0x0d && octets[at + 3] === 0x0a;
      if (!honest) return true;
    }
    return false;
  });
