/**
 * SES's spam and virus verdicts, as far as a laptop can tell: the test strings of both trades, plain or in base64.
 * The real scanning of attachments is the malware plan's (see local/malware).
 */
// Written in halves, so that this file is no specimen itself.
const EICAR = `X5O!P%@AP[4\\PZX54(P^)7CC)7}$${"EICAR-STANDARD-ANTIVIRUS-TEST-FILE!"}$H+H*`;
const GTUBE = `XJS*C4JDBQADN1.NSBN3*2IDNEN*${"GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL"}*C.34X`;

/** The string itself and its base64 at each of the three alignments, cut so that a 76-column line may end after it. */
const forms = (text: string): Buffer[] => {
  const aligned = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from("\0".repeat(shift) + text).toString("base64");
    return encoded.slice(shift === 0 ? 0 : 4, 52);
  });
  return [text, ...aligned].map((form) => Buffer.from(form));
};

const VIRUS = forms(EICAR);
const SPAM = forms(GTUBE);

export const scanContent = (octets: Buffer): { spam: "PASS" | "FAIL"; virus: "PASS" | "FAIL" } => ({
  spam: SPAM.some((form) => octets.includes(form)) ? "FAIL" : "PASS",
  virus: VIRUS.some((form) => octets.includes(form)) ? "FAIL" : "PASS",
});
