/** Every reason for which policy acts, with what it does and what an administrator reads. Codes are stable: they are stored and searched. */
import { unreadableSentence } from "../mime/read-message.ts";

export type PolicyAction = "deliver" | "junk" | "quarantine" | "bounce" | "drop";

export interface Reason {
  readonly code: string;
  readonly sentence: string;
}

/** `fromAccount`: what is done instead when one of our own accounts sent it, who can be told and can put it right. */
interface Rule {
  readonly action: PolicyAction;
  readonly fromAccount?: PolicyAction;
  readonly sentence: string;
}

const attachmentRule = (sentence: string): Rule => ({ action: "quarantine", fromAccount: "bounce", sentence });
const fromRule = (sentence: string): Rule => ({ action: "quarantine", fromAccount: "bounce", sentence });

export const rules = {
  malware: { action: "quarantine", sentence: "The malware scanner found malware in the message." },
  virusVerdict: { action: "quarantine", sentence: "Amazon SES found a virus in the message." },
  unscannable: {
    action: "quarantine",
    sentence: "The malware scanner could not look into the attachments, so nobody knows whether they are safe.",
  },
  spamVerdict: { action: "junk", sentence: "Amazon SES takes the message for spam." },
  dmarcReject: { action: "quarantine", sentence: "DMARC failed, and the domain in the From field asks that such mail be rejected." },
  dmarcQuarantine: { action: "quarantine", sentence: "DMARC failed, and the domain in the From field asks that such mail be quarantined." },
  ownDomainSpoofed: {
    action: "quarantine",
    sentence: "The message came from outside but gives one of our own domains as its author's, and nothing proves it.",
  },
  imitatesOwnDomain: { action: "quarantine", sentence: "The author's domain is written so that it looks like one of ours." },
  loop: { action: "bounce", sentence: "The message has passed through too many hosts: it is going round in circles." },
  fromMissing: fromRule("There is no From field, so nobody can tell who wrote the message."),
  fromRepeated: fromRule("There is more than one From field; programs differ in which of them they show."),
  fromSeveral: fromRule("The From field does not name exactly one author."),
  fromMalformed: fromRule("The From field is written in a way that programs read differently, as is done to deceive."),
  executableAttachment: attachmentRule("An attachment is a program or script."),
  disguisedAttachment: attachmentRule("An attachment's name hides what kind of file it is."),
  macroAttachment: attachmentRule("An attached document holds macros."),
  containerAttachment: attachmentRule(
    "An attachment is a disk image, shortcut or notebook, which are used to carry programs past scanners.",
  ),
  scriptedPageAttachment: attachmentRule("An attached web page or picture holds a script."),
  archiveBomb: attachmentRule("An attached archive unpacks to more than may be inspected."),
  archiveTooDeep: attachmentRule("Archives are packed inside each other too deeply to be inspected."),
  brokenArchive: attachmentRule("An attached archive is built so that programs unpack it differently."),
  fragmentedMessage: attachmentRule("The message is a fragment of another one (message/partial), which hides attachments from scanners."),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleCode = keyof typeof rules;

/** What an administrator reads for a code; unknown codes (of an older version) are shown as they are. */
export const sentenceOf = (code: string): string => {
  if (Object.hasOwn(rules, code)) return rules[code as RuleCode].sentence;
  return unreadableSentence(code) ?? code;
};

export const actionOf = (code: RuleCode, origin: "outside" | "account" | "service"): PolicyAction => {
  const rule: Rule = rules[code];
  return origin === "outside" ? rule.action : (rule.fromAccount ?? rule.action);
};

/** What the reader is shown beside the message. */
export const marks = {
  outside: "This message came from outside.",
  unauthenticated: "Nothing proves that this message comes from the address that it gives.",
  dmarcFailed: "The check of the sender's domain failed. The domain asks for no action, so the message is shown with this warning.",
  nameLooksLikeAddress: "The sender's name is written like an address, and not the one that the message comes from.",
  nameUsesOwnDomain: "The sender's name mentions our service, but the message comes from elsewhere.",
  suspiciousName: "The sender's name holds invisible or direction-changing characters, which were removed.",
  mixedScripts: "The sender's domain mixes letters of different alphabets that look alike.",
  possibleSpam: "This message may be spam.",
  encryptedAttachment: "An attachment is encrypted and could not be inspected.",
  uninspectedAttachment: "An attachment is an archive of a kind that could not be inspected.",
  webPageAttachment: "An attachment is a web page. Do not type a password into it.",
  unscanned: "The malware scanner could not look at this message.",
} as const;
export type Mark = keyof typeof marks;
