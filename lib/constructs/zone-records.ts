import { CfnRecordSet } from "aws-cdk-lib/aws-route53";
import { Construct } from "constructs";
import type { DnsRecord } from "../dns-plan.ts";
import { isWithin } from "../environment.ts";
import type { PenfoldStack } from "../stacks/penfold-stack.ts";

const ttlSeconds = "3600";

/** Writes records to the environment's hosted zone; without one it writes nothing (`npm run dns` prints them). */
export class ZoneRecords extends Construct {
  constructor(stack: PenfoldStack, id: string, records: readonly DnsRecord[]) {
    super(stack, id);
    const zone = stack.settings.hostedZone;
    if (zone === "none") return;
    records.forEach((record, index) => {
      // A name outside the zone (a webmail in another domain) stays the deployer's to publish; tokens are always inside.
      if (!record.name.includes("${") && !isWithin(record.name, zone.name)) return;
      new CfnRecordSet(this, `${record.type}${index + 1}`, {
        hostedZoneId: zone.id,
        name: `${record.name}.`,
        type: record.type,
        ttl: ttlSeconds,
        resourceRecords: record.values.map((value) => (record.type === "TXT" ? `"${value}"` : value)),
        comment: record.purpose,
      });
    });
  }
}
