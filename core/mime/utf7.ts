/** UTF-7 (RFC 2152), which some old senders still use; the platform has no decoder for it on purpose. */
const shifted = (base64: string): { text: string; problem: boolean } => {
  const octets = Buffer.from(base64, "base64");
  const whole = octets.length - (octets.length % 2);
  const units = octets.subarray(0, whole);
  let text = "";
  for (let at = 0; at < whole; at += 2) text += String.fromCharCode(units.readUInt16BE(at));
  return { text: text.toWellFormed(), problem: !text.isWellFormed() || (octets.length % 2 === 1 && octets[octets.length - 1] !== 0) };
};

const BASE64 = /[A-Za-z0-9+/]*/y;

const base64End = (input: string, from: number): number => {
  BASE64.lastIndex = from;
  BASE64.test(input);
  return Math.max(from, BASE64.lastIndex);
};

/** `input` holds one character an octet. */
export const decodeUtf7 = (input: string): { text: string; problem: boolean } => {
  const pieces: string[] = [];
  let problem = false;
  let at = 0;
  while (at < input.length) {
    const plus = input.indexOf("+", at);
    const plain = input.slice(at, plus < 0 ? input.length : plus);
    problem ||= /[^\0-\x7f]/.test(plain);
    pieces.push(plain.replace(/[^\0-\x7f]/g, "\uFFFD"));
    if (plus < 0) break;
    const end = base64End(input, plus + 1);
    if (end === plus + 1) {
      pieces.push("+");
      problem ||= input[end] !== "-";
    } else {
      const run = shifted(input.slice(plus + 1, end));
      pieces.push(run.text);
      problem ||= run.problem;
    }
    at = input[end] === "-" ? end + 1 : end;
  }
  return { text: pieces.join(""), problem };
};
