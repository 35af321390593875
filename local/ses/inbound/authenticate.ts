/**
 * SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489) and ARC (RFC 8617) of a received message, and the verdicts that SES makes of them.
 * SES acts on none: they travel in the receipt and in the Authentication-Results field.
 */
import { authenticate as mailauth } from "mailauth";
import { firstValue, type HeaderField } from "../header-fields.ts";
import type { Resolve } from "./dns.ts";

export type Verdict = "PASS" | "FAIL" | "GRAY" | "PROCESSING_FAILED" | "DISABLED";

export interface Authentication {
  readonly spf: Verdict;
  readonly dkim: Verdict;
  readonly dmarc: Verdict;
  /** Stated only when DMARC failed. */
  readonly dmarcPolicy?: "none" | "quarantine" | "reject";
  /** Value of Received-SPF. */
  readonly receivedSpf: string;
  /** Value of Authentication-Results, folded. */
  readonly results: string;
}

/** The authority's id in Authentication-Results. */
const AUTHORITY = "amazonses.com";
/** Past these a message is not authenticated: PROCESSING_FAILED. Hashing is not interrupted once begun. */
const BOUNDS = { headerOctets: 1024 * 1024, fieldOctets: 128 * 1024, signatures: 20, millis: 4_000 };

export interface Envelope {
  readonly reversePath: string;
  readonly remoteAddress: string;
  readonly helo: string;
}

export const authenticate = async (
  octets: Buffer,
  header: { fields: readonly HeaderField[]; bodyStart: number },
  envelope: Envelope,
  resolve: Resolve,
): Promise<Authentication> => {
  const signatures = header.fields.filter(({ name }) => /^(dkim-signature|arc-message-signature|arc-seal)$/i.test(name)).length;
  const longField = header.fields.some(({ start, end }) => end - start > BOUNDS.fieldOctets);
  if (header.bodyStart > BOUNDS.headerOctets || longField || signatures > BOUNDS.signatures)
    return notProcessed("message is beyond the bounds of the check");
  let timer: NodeJS.Timeout | undefined;
  try {
    const late = new Promise<"late">((settle) => {
      timer = setTimeout(settle, BOUNDS.millis, "late");
    });
    const check = mailauth(octets, {
      ip: envelope.remoteAddress,
      helo: envelope.helo || envelope.remoteAddress,
      sender: envelope.reversePath || `postmaster@${envelope.helo}`,
      mta: AUTHORITY,
      resolver: resolve,
      disableBimi: true,
    });
    const outcome = await Promise.race([check, late]);
    if (outcome === "late") {
      check.catch(() => {});
      return notProcessed("the check took too long");
    }
    return verdicts(outcome, firstValue(header.fields, "from") !== undefined);
  } catch {
    return notProcessed("the check failed");
  } finally {
    clearTimeout(timer);
  }
};

type Outcome = Awaited<ReturnType<typeof mailauth>>;

const verdicts = (outcome: Outcome, hasFrom: boolean): Authentication => {
  const dmarc = outcome.dmarc || null;
  const dmarcVerdict = dmarc ? byResult(dmarc.status.result) : hasFrom ? "PROCESSING_FAILED" : "GRAY";
  const policy = dmarc && "policy" in dmarc ? String(dmarc.policy).toLowerCase() : "";
  return {
    spf: outcome.spf ? byResult(outcome.spf.status.result) : "GRAY",
    dkim: dkimVerdict(outcome.dkim.results ?? []),
    dmarc: dmarcVerdict,
    ...(dmarcVerdict === "FAIL" && isPolicy(policy) ? { dmarcPolicy: policy } : {}),
    receivedSpf: field(outcome.headers, "Received-SPF") ?? "none",
    results: field(outcome.headers, "Authentication-Results") ?? AUTHORITY,
  };
};

const isPolicy = (value: string): value is "none" | "quarantine" | "reject" => ["none", "quarantine", "reject"].includes(value);

const byResult = (result: string): Verdict => {
  if (result === "pass") return "PASS";
  if (result === "fail" || result === "softfail" || result === "policy") return "FAIL";
  if (result === "temperror" || result === "temperr") return "PROCESSING_FAILED";
  return "GRAY";
};

/** One good signature is enough. A body that was changed is a failure; a key that nobody publishes leaves it open. */
const dkimVerdict = (results: readonly object[]): Verdict => {
  const each = results.map((result) => {
    const { status, bodyHash, bodyHashExpecting } = result as {
      status: { result: string };
      bodyHash?: string;
      bodyHashExpecting?: string;
    };
    return status.result === "neutral" && bodyHash !== bodyHashExpecting ? "FAIL" : byResult(status.result);
  });
  return (["PASS", "FAIL", "PROCESSING_FAILED"] as const).find((verdict) => each.includes(verdict)) ?? "GRAY";
};

/** Value of a field in the block that mailauth composes. */
const field = (block: string, name: string): string | undefined => {
  const match = new RegExp(`^${name}: ((?:.*(?:\\r\\n[ \\t])?)*)`, "im").exec(block);
  return match?.[1]?.trimEnd();
};

const notProcessed = (why: string): Authentication => ({
  spf: "PROCESSING_FAILED",
  dkim: "PROCESSING_FAILED",
  dmarc: "PROCESSING_FAILED",
  receivedSpf: `temperror (${why})`,
  results: `${AUTHORITY};\r\n spf=temperror (${why});\r\n dkim=temperror (${why});\r\n dmarc=temperror (${why})`,
});
