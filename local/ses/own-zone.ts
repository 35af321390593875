/**
 * The DNS records that a deployed Penfold publishes for its own domains, so that authentication on the laptop comes out as in AWS:
 * what SES sends passes, what pretends to come from an own domain fails.
 */
import type { Zone } from "./inbound/dns.ts";
import type { SesModel } from "./model.ts";

/** Where mail that SES sends comes from, as receivers see it (one of SES's published ranges). */
export const SES_OUTBOUND_ADDRESS = "54.240.8.1";
const SES_SPF = "v=spf1 ip4:54.240.0.0/18 -all";

export const ownZone = (model: SesModel, region: string): Zone => {
  const zone: Zone = new Map([
    ["amazonses.com TXT", [SES_SPF]],
    [`${region}.amazonses.com TXT`, [SES_SPF]],
    ["email.amazonses.com TXT", [SES_SPF]],
  ]);
  for (const identity of model.identities.values()) {
    if (identity.name.includes("@")) continue;
    zone.set(`${identity.name} TXT`, ["v=spf1 include:amazonses.com -all"]);
    zone.set(`_dmarc.${identity.name} TXT`, ["v=DMARC1; p=reject; adkim=r; aspf=r"]);
    if (identity.mailFromDomain) zone.set(`${identity.mailFromDomain} TXT`, [SES_SPF]);
    for (const selector of identity.dkim?.selectors ?? [])
      zone.set(`${selector}._domainkey.${identity.name} TXT`, [`v=DKIM1; k=rsa; p=${identity.dkim!.publicKeyBase64}`]);
  }
  return zone;
};
