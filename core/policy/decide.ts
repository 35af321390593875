/**
 * What becomes of a message: all that is known of it, put to the rules. Pure. Order of evidence: what could not be read, malware,
 * who really sent it, what is attached, and last what is only a guess (spam). The severest action of all reasons is taken,
 * and every reason is kept, so that an administrator sees them together.
 */
import type { Verdicts } from "../flows/jobs.ts";
import { limits } from "../limits.ts";
import type { MalwareVerdict } from "../ports/blob-store.ts";
import { imitates } from "./confusable.ts";
import type { Evidence } from "./evidence.ts";
import { actionOf, type Mark, type PolicyAction, type Reason, type RuleCode, sentenceOf } from "./reasons.ts";

export interface PolicyInput {
  /** `outside`: through SES. `account`: one of our accounts sent it. `service`: a notice of ours. */
  readonly origin: "outside" | "account" | "service";
  readonly verdicts: Verdicts | null;
  readonly malware: MalwareVerdict;
  /** Why the message could not be read, else null. */
  readonly unreadable: string | null;
  /** Null only for an unreadable message. */
  readonly evidence: Evidence | null;
  /** In ASCII form. */
  readonly ownDomains: readonly string[];
}

export interface Decision {
  readonly action: PolicyAction;
  readonly reasons: readonly Reason[];
  readonly marks: readonly Mark[];
}

/** Severest first. A message that is to be held is held even when it should have been bounced too. */
const severity: readonly PolicyAction[] = ["drop", "quarantine", "bounce", "junk", "deliver"];

const isOwn = (domain: string, ownDomains: readonly string[]): boolean =>
  ownDomains.some((own) => domain === own || domain.endsWith(`.${own}`));

/** DMARC as SES evaluated it, believed only when it was evaluated for the domain that we show as the author's. */
const isAuthenticated = (verdicts: Verdicts | null, evidence: Evidence): boolean =>
  verdicts?.dmarc === "PASS" &&
  evidence.fromDomain !== null &&
  (evidence.authenticatedFromDomain === null || evidence.authenticatedFromDomain === evidence.fromDomain);

const senderCodes = (input: PolicyInput, evidence: Evidence): RuleCode[] => {
  if (evidence.fromProblem) return [evidence.fromProblem];
  const domain = evidence.fromDomain;
  if (input.origin !== "outside" || domain === null) return [];
  const codes: RuleCode[] = [];
  const failed = input.verdicts?.dmarc === "FAIL";
  if (failed && input.verdicts?.dmarcPolicy === "reject") codes.push("dmarcReject");
  if (failed && input.verdicts?.dmarcPolicy === "quarantine") codes.push("dmarcQuarantine");
  if (isOwn(domain, input.ownDomains) && !isAuthenticated(input.verdicts, evidence)) codes.push("ownDomainSpoofed");
  if (imitates(domain, input.ownDomains)) codes.push("imitatesOwnDomain");
  return codes;
};

const malwareCodes = ({ malware, verdicts, evidence }: PolicyInput): RuleCode[] => {
  const codes: RuleCode[] = [];
  if (malware.status === "infected") codes.push("malware");
  if (verdicts?.virus === "FAIL") codes.push("virusVerdict");
  // An encrypted attachment is known to be unscannable and marked as such; an empty hand is not dangerous.
  const explained = evidence !== null && (evidence.attachments === 0 || evidence.attachmentMarks.includes("encryptedAttachment"));
  if ((malware.status === "unscannable" || malware.status === "pending") && !explained) codes.push("unscannable");
  return codes;
};

const marksOf = (input: PolicyInput, evidence: Evidence): Mark[] => {
  const { verdicts, malware, origin } = input;
  const found: Mark[] = [];
  if (origin === "outside") {
    found.push("outside");
    if (verdicts?.dmarc === "FAIL") found.push("dmarcFailed");
    else if (!isAuthenticated(verdicts, evidence) && !hasSomeProof(verdicts)) found.push("unauthenticated");
    if (verdicts?.spam === "GRAY") found.push("possibleSpam");
  }
  if (malware.status !== "clean" && malware.status !== "infected") found.push("unscanned");
  return [...found, ...evidence.nameMarks, ...evidence.attachmentMarks];
};

/** SPF or DKIM without DMARC proves some domain, if not the one shown. */
const hasSomeProof = (verdicts: Verdicts | null): boolean =>
  verdicts?.dmarc !== "PASS" && (verdicts?.spf === "PASS" || verdicts?.dkim === "PASS");

export const decide = (input: PolicyInput): Decision => {
  const { evidence, origin } = input;
  const codes: RuleCode[] = [];
  // A notice of ours holds our own words and a header that was judged when it came.
  if (origin !== "service") codes.push(...malwareCodes(input));
  if (evidence && origin !== "service") {
    codes.push(...senderCodes(input, evidence), ...evidence.attachmentCodes);
    if (evidence.receivedHops > limits.outbound.receivedHops) codes.push("loop");
    if (origin === "outside" && input.verdicts?.spam === "FAIL") codes.push("spamVerdict");
  }
  const actions = codes.map((code) => actionOf(code, origin));
  if (input.unreadable !== null) actions.push("quarantine");
  const action = severity.find((known) => actions.includes(known)) ?? "deliver";
  const all = [...(input.unreadable === null ? [] : [input.unreadable]), ...new Set(codes)];
  const marks = evidence && origin !== "service" ? marksOf(input, evidence) : [];
  return { action, reasons: all.map((code) => ({ code, sentence: sentenceOf(code) })), marks: [...new Set(marks)] };
};
