/**
 * The DNS records of a deployment as data: written to a hosted zone by the stacks, or printed by `npm run dns` for
 * those whose DNS is elsewhere. Values that only AWS knows (DKIM tokens, distribution names) are handed in.
 */
import { createHash } from "node:crypto";
import type { Environment, EnvironmentRegion } from "./environment.ts";

export interface DnsRecord {
  /** Without a final dot. */
  readonly name: string;
  readonly type: "MX" | "TXT" | "CNAME" | "SRV";
  /** As they stand in a zone file, TXT without quotes. */
  readonly values: readonly string[];
  readonly purpose: string;
}

const mailHost = (region: string): string => `inbound-smtp.${region}.amazonaws.com`;

/** The envelope domain of what we send. Each region needs its own: its MX must name that region. */
export const bounceDomain = (domain: string, role: EnvironmentRegion["role"]): string =>
  `${role === "primary" ? "bounce" : "bounce2"}.${domain}`;

/** RFC 8461 §3.2: which hosts receive mail for a domain, and that they do it over TLS. Null when none is published. */
export const mtaStsPolicy = (environment: Environment): string | null => {
  const { mtaSts, regions } = environment;
  if (!mtaSts) return null;
  const hosts = regions.map((region) => `mx: ${mailHost(region.name)}`);
  // A day while testing, so that a mistake is forgotten soon; then two weeks.
  const maxAgeSeconds = mtaSts.mode === "testing" ? 86_400 : 1_209_600;
  return ["version: STSv1", `mode: ${mtaSts.mode}`, ...hosts, `max_age: ${maxAgeSeconds}`, ""].join("\r\n");
};

/** Host that serves the policy of a domain (RFC 8461 §3.3). */
export const policyHost = (domain: string): string => `mta-sts.${domain}`;

/** Records of one domain that do not depend on a region. */
export const domainRecords = (environment: Environment, domain: string): DnsRecord[] => {
  const { dmarcPolicy, regions, reportAddress } = environment;
  const records: DnsRecord[] = [
    {
      name: domain,
      type: "MX",
      values: regions.map((region, index) => `${10 * (index + 1)} ${mailHost(region.name)}`),
      purpose: "Mail for the domain comes to Amazon SES.",
    },
    {
      name: domain,
      type: "TXT",
      // Until DMARC asks for action, other senders of the domain are only marked.
      values: [`v=spf1 include:amazonses.com ${dmarcPolicy === "none" ? "~all" : "-all"}`],
      purpose: "SPF: SES sends for the domain. Merge it with an SPF record that exists; there may be only one.",
    },
    {
      name: `_dmarc.${domain}`,
      type: "TXT",
      values: [`v=DMARC1; p=${dmarcPolicy}; rua=mailto:${reportAddress}; fo=1`],
      purpose: "DMARC: what receivers do with mail that pretends to be from the domain.",
    },
    {
      name: `_smtp._tls.${domain}`,
      type: "TXT",
      values: [`v=TLSRPTv1; rua=mailto:${reportAddress}`],
      purpose: "TLS-RPT (RFC 8460): where senders report TLS failures.",
    },
  ];
  const policy = mtaStsPolicy(environment);
  if (policy !== null) {
    const id = createHash("sha256").update(policy).digest("hex").slice(0, 16);
    records.push({
      name: `_mta-sts.${domain}`,
      type: "TXT",
      values: [`v=STSv1; id=${id}`],
      purpose: "MTA-STS (RFC 8461): there is a policy; the id changes with it.",
    });
  }
  return records;
};

/** Records by which a region's SES may sign and send for a domain. `dkimTokens` are three. */
export const sendingRecords = (
  domain: string,
  region: EnvironmentRegion,
  dkim: readonly { readonly name: string; readonly value: string }[],
): DnsRecord[] => [
  ...dkim.map(
    ({ name, value }): DnsRecord => ({ name, type: "CNAME", values: [value], purpose: `DKIM: public key of SES in ${region.name}.` }),
  ),
  {
    name: bounceDomain(domain, region.role),
    type: "MX",
    values: [`10 feedback-smtp.${region.name}.amazonses.com`],
    purpose: `Bounces of what SES in ${region.name} sent return to it.`,
  },
  {
    name: bounceDomain(domain, region.role),
    type: "TXT",
    values: ["v=spf1 include:amazonses.com -all"],
    purpose: "SPF of the envelope domain.",
  },
];

/** Records of the web: the webmail's name, the policy hosts and JMAP autodiscovery (RFC 8620 §2.2). */
export const webRecords = (environment: Environment, targets: { readonly web: string; readonly mailPolicy: string }): DnsRecord[] => {
  const { domains, mtaSts, web } = environment;
  return [
    ...(web ? [{ name: web.domain, type: "CNAME", values: [targets.web], purpose: "The webmail and the JMAP API." } as const] : []),
    ...domains.flatMap((domain): DnsRecord[] => [
      ...(web
        ? [
            {
              name: `_jmap._tcp.${domain}`,
              type: "SRV",
              values: [`0 1 443 ${web.domain}`],
              purpose: "JMAP programs find the service from an address.",
            } as const,
          ]
        : []),
      ...(mtaSts
        ? [{ name: policyHost(domain), type: "CNAME", values: [targets.mailPolicy], purpose: "Serves the MTA-STS policy." } as const]
        : []),
    ]),
  ];
};
