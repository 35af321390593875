/** Reads from a message's octets what policy needs: called where hostile octets are read, so that deciding reads none. */

import { domainOf, normaliseAddress } from "../directory/address.ts";
import type { ParsedMessage } from "../mail/email-item.ts";
import { asBuffer, fieldsNamed, type HeaderField } from "../mime/header-fields.ts";
import { inspectAttachments } from "./attachments/inspect-attachments.ts";
import { hasInvisible, isDeceptiveDomain } from "./confusable.ts";
import type { Evidence, NameMark } from "./evidence.ts";
import { examineFrom } from "./from-gate.ts";
import { authenticatedFromDomain } from "./trusted-results.ts";

const ADDRESS_IN_NAME = /[^\s<>"'(),;:@]{1,64}[@＠﹫][^\s<>"'(),;:@]{1,255}/u;

const nameMarksOf = (name: string | null, address: string, ownDomains: readonly string[]): NameMark[] => {
  const found: NameMark[] = [];
  const domain = domainOf(address);
  if (isDeceptiveDomain(domain)) found.push("mixedScripts");
  if (name === null) return found;
  if (hasInvisible(name)) found.push("suspiciousName");
  const shown = ADDRESS_IN_NAME.exec(name.normalize("NFKC"))?.[0];
  if (shown !== undefined && normaliseAddress(shown) !== address) found.push("nameLooksLikeAddress");
  const isOutside = !ownDomains.some((own) => domain === own || domain.endsWith(`.${own}`));
  if (isOutside && ownDomains.some((own) => name.toLowerCase().includes(own))) found.push("nameUsesOwnDomain");
  return found;
};

/** `ownDomains` in ASCII form. `message` and `headers` are what `readMessage` gave for `input`. */
export const gatherEvidence = (
  input: Uint8Array,
  message: ParsedMessage,
  headers: readonly HeaderField[],
  ownDomains: readonly string[],
): Evidence => {
  const octets = asBuffer(input);
  const gate = examineFrom(octets, headers, message.headerOctets);
  const { attachments, findings } = inspectAttachments(octets, message.bodyStructure);
  return {
    fromProblem: gate.outcome === "problem" ? gate.problem : null,
    fromDomain: gate.outcome === "one" ? domainOf(gate.address) : null,
    nameMarks: gate.outcome === "one" ? nameMarksOf(gate.name, gate.address, ownDomains) : [],
    receivedHops: fieldsNamed(headers, "received").length,
    authenticatedFromDomain: authenticatedFromDomain(octets, headers),
    attachments,
    attachmentCodes: [...findings.codes],
    attachmentMarks: [...findings.marks],
  };
};
