import { z } from "zod";

export interface SesOptions {
  /** File of DNS records for SPF, DKIM and DMARC (lines of `name TYPE value`). */
  readonly zoneFile?: string;
  /** Ask the machine's DNS for what no zone holds. */
  readonly systemDns: boolean;
  /** Real SMTP host for mail to domains that are not our own. */
  readonly relay: { readonly host: string; readonly port: number } | null;
  /** How long a message to delay@… stays deferred. */
  readonly delayMillis: number;
}

const environment = z.object({
  PENFOLD_DNS_ZONE: z.string().min(1).optional(),
  PENFOLD_DNS: z.enum(["none", "system"]).default("none"),
  PENFOLD_SMTP_RELAY: z
    .string()
    .regex(/^(\[[0-9a-fA-F:.]+\]|[^:\s]+):\d{1,5}$/, "must be host:port")
    .optional(),
  PENFOLD_SES_DELAY_SECONDS: z.coerce.number().min(0).max(86_400).default(20),
});

/** Reads the settings; a wrong one stops the start with a sentence. */
export const sesOptionsFrom = (variables: NodeJS.ProcessEnv): SesOptions => {
  const outcome = environment.safeParse(variables);
  if (!outcome.success) throw new Error(`${outcome.error.issues[0]!.path.join(".")} ${outcome.error.issues[0]!.message}.`);
  const { PENFOLD_DNS_ZONE, PENFOLD_DNS, PENFOLD_SMTP_RELAY, PENFOLD_SES_DELAY_SECONDS } = outcome.data;
  const colon = PENFOLD_SMTP_RELAY?.lastIndexOf(":") ?? -1;
  return {
    zoneFile: PENFOLD_DNS_ZONE,
    systemDns: PENFOLD_DNS === "system",
    relay: PENFOLD_SMTP_RELAY
      ? { host: PENFOLD_SMTP_RELAY.slice(0, colon).replace(/^\[|\]$/g, ""), port: Number(PENFOLD_SMTP_RELAY.slice(colon + 1)) }
      : null,
    delayMillis: PENFOLD_SES_DELAY_SECONDS * 1000,
  };
};
