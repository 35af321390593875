/**
 * `npm run dns -- --environment config/x.json [--live]`: prints the DNS records of a deployment, for those whose DNS is not in Route 53.
 * `--live` asks SES for the DKIM records (needs credentials); without it their place is marked.
 */
import { parseArgs } from "node:util";
import { GetEmailIdentityCommand, SESv2Client } from "@aws-sdk/client-sesv2";
import { type DnsRecord, domainRecords, mtaStsPolicy, policyHost, sendingRecords, webRecords } from "../lib/dns-plan.ts";
import { type Environment, EnvironmentError, type EnvironmentRegion, readEnvironment } from "../lib/environment.ts";

/** The three DKIM records of a domain, as SES names them or with their place marked. */
const dkimRecords = async (domain: string, region: EnvironmentRegion, live: boolean): Promise<{ name: string; value: string }[]> => {
  if (!live) {
    return [1, 2, 3].map((n) => ({
      name: `<DKIM token ${n} of ${region.name}>._domainkey.${domain}`,
      value: `<DKIM token ${n}>.dkim.amazonses.com`,
    }));
  }
  const client = new SESv2Client({ region: region.name });
  const { DkimAttributes } = await client.send(new GetEmailIdentityCommand({ EmailIdentity: domain }));
  const hostedZone = (DkimAttributes as { SigningHostedZone?: string } | undefined)?.SigningHostedZone ?? "dkim.amazonses.com";
  return (DkimAttributes?.Tokens ?? []).map((token) => ({ name: `${token}._domainkey.${domain}`, value: `${token}.${hostedZone}` }));
};

const allRecords = async (environment: Environment, live: boolean): Promise<{ title: string; records: DnsRecord[] }[]> => {
  const sections = environment.domains.map(async (domain) => {
    const regional = environment.regions.map(async (region) => sendingRecords(domain, region, await dkimRecords(domain, region, live)));
    return { title: domain, records: [...domainRecords(environment, domain), ...(await Promise.all(regional)).flat()] };
  });
  const targets = {
    web: "<output WebDistributionName of the stack PenfoldWeb>",
    mailPolicy: "<output MailPolicyDistributionName of the stack PenfoldWeb>",
  };
  return [...(await Promise.all(sections)), { title: "Web", records: webRecords(environment, targets) }];
};

/** As zone file lines, each under its purpose. A TXT longer than 255 octets would be split; none of ours is. */
const zoneLines = ({ name, type, values, purpose }: DnsRecord): string[] => [
  `; ${purpose}`,
  ...values.map((value) => `${name}. 3600 IN ${type} ${zoneValue(type, value)}`),
];

const zoneValue = (type: DnsRecord["type"], value: string): string => {
  if (type === "TXT") return `"${value}"`;
  return value.endsWith(">") ? value : `${value}.`;
};

/** RFC 7489 §7.1: reports about a domain go to another one only if that one says so. */
const reportConsents = ({ domains, reportAddress }: Environment): string[] => {
  const reportDomain = reportAddress.slice(reportAddress.lastIndexOf("@") + 1);
  const strangers = domains.filter((domain) => domain !== reportDomain && !domain.endsWith(`.${reportDomain}`));
  if (strangers.length === 0) return [];
  return [
    "",
    `; ── in the zone of ${reportDomain}`,
    "; DMARC reports about the mail domains are accepted here.",
    ...strangers.map((domain) => `${domain}._report._dmarc.${reportDomain}. 3600 IN TXT "v=DMARC1"`),
  ];
};

const main = async (): Promise<void> => {
  const { values } = parseArgs({ options: { environment: { type: "string" }, live: { type: "boolean", default: false } } });
  const environment = readEnvironment(values.environment);
  const sections = await allRecords(environment, values.live);
  for (const { title, records } of sections.filter((section) => section.records.length > 0)) {
    console.log([`; ── ${title}`, ...records.flatMap(zoneLines), ""].join("\n"));
  }
  const lines = reportConsents(environment);
  if (lines.length > 0) console.log(lines.join("\n"));
  const policy = mtaStsPolicy(environment);
  if (policy !== null) {
    console.log(
      `; ── the MTA-STS policy, served by the stack PenfoldWeb at ${environment.domains.map((domain) => `https://${policyHost(domain)}/.well-known/mta-sts.txt`).join(", ")}`,
    );
    console.log(
      policy
        .trimEnd()
        .split("\r\n")
        .map((line) => `;   ${line}`)
        .join("\n"),
    );
  }
  if (!values.live) console.log("\n; DKIM tokens exist after the first deployment: run again with --live and credentials.");
};

try {
  await main();
} catch (error) {
  if (!(error instanceof EnvironmentError)) throw error;
  console.error(error.message.replace("-c environment=", "--environment "));
  process.exitCode = 1;
}
