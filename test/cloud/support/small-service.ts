/** The service with a handful of people, a shared mailbox and lists, and no mail: what a test needs, up in a second or two. */
import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { CognitoIdentityProviderClient } from "@aws-sdk/client-cognito-identity-provider";
import { accountIdOf } from "../../../core/log/id-words.ts";
import type { Cloud, CloudOptions } from "../../../local/cloud.ts";
import { applySeed, entryIdOf } from "../../../tools/seed/apply.ts";
import type { SeedList, SeedMailbox } from "../../../tools/seed/groups.ts";
import type { SeedPerson } from "../../../tools/seed/people.ts";
import { portsOn, type RunningPorts } from "../../../tools/seed/ports-on.ts";
import { findRunning } from "../../../tools/seed/running-service.ts";
import { makePassword } from "../../../tools/seed/sample-people-file.ts";
import { type SendOutcome, SmtpSession } from "../../../tools/send-corpus/smtp-session.ts";
import { signInBySrp } from "../../local/cognito/srp-client.ts";
import { bootCloud, projectRoot } from "../../support/booted-cloud.ts";
import { JmapSession } from "./jmap-session.ts";

export const DOMAIN = "northvale.health.example";
export const OUTSIDE = "sender@lakeside-clinic.example";
export const at = (local: string): string => `${local}@${DOMAIN}`;
export const accountOf = (mail: string) => accountIdOf(entryIdOf(mail));

export interface Population {
  /** Local parts; each with its aliases. */
  readonly people: Readonly<Record<string, readonly string[]>>;
  readonly mailboxes?: readonly Pick<SeedMailbox, "mail" | "access">[];
  readonly lists?: readonly Pick<SeedList, "mail" | "members">[];
}

export interface SmallService {
  readonly cloud: Cloud;
  readonly ports: RunningPorts;
  tokens(mail: string): Promise<{ readonly access: string; readonly id: string }>;
  signIn(mail: string): Promise<JmapSession>;
  /** Sends octets as they are by SMTP. */
  send(message: Buffer | string, to: string | readonly string[], from?: string): Promise<SendOutcome>;
  /** Runs `npm run penfold -- …` as an operator does and gives what it says. */
  penfold(...args: readonly string[]): Promise<string>;
  stop(): Promise<void>;
}

const personOf = (local: string, aliases: readonly string[]): SeedPerson => {
  const [givenName = "", surname = ""] = local.split(".").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    key: local,
    givenName,
    surname,
    displayName: `${givenName} ${surname}`.trim(),
    jobTitle: "Tester",
    place: "Here",
    phone: "01632 960000",
    organisation: "northvale",
    team: "tests",
    isLead: false,
    mail: at(local),
    aliases: aliases.map(at),
  };
};

export const bootSmallService = async (population: Population, options: Partial<CloudOptions> = {}): Promise<SmallService> => {
  const cloud = await bootCloud(options);
  try {
    return await populate(cloud, population);
  } catch (error) {
    await cloud.stop();
    throw error;
  }
};

const populate = async (cloud: Cloud, population: Population): Promise<SmallService> => {
  const running = findRunning(cloud.dataDir);
  const ports = portsOn(running, { randomOctets: (count) => randomBytes(count), say: () => {} });
  const people = Object.entries(population.people).map(([local, aliases]) => personOf(local, aliases));
  const passwords = new Map(people.map(({ mail }) => [mail, makePassword()]));
  const group = ({ mail }: { mail: string }) => ({ name: mail, organisation: "northvale" });
  const mailboxes = (population.mailboxes ?? []).map((mailbox) => ({ ...mailbox, ...group(mailbox) }));
  const lists = (population.lists ?? []).map((list) => ({ ...list, ...group(list) }));
  await applySeed({ seed: "small", endsAt: 0, organisations: [], people, mailboxes, lists, messages: [] }, ports, passwords);

  const cognito = new CognitoIdentityProviderClient({ region: cloud.region, endpoint: cloud.endpoints.gateway });
  const pool = {
    poolId: cloud.resource("UserPool", "PenfoldIdentity").ref,
    clientId: cloud.resource("MailProgramsClient", "PenfoldIdentity").ref,
  };
  const tokens: SmallService["tokens"] = async (mail) => {
    const { AuthenticationResult } = await signInBySrp(cognito, pool, mail, passwords.get(mail)!);
    return { access: AuthenticationResult!.AccessToken!, id: AuthenticationResult!.IdToken! };
  };
  return {
    cloud,
    ports,
    tokens,
    signIn: async (mail) => new JmapSession(cloud.endpoints.web, (await tokens(mail)).access, accountOf(mail)),
    send: async (message, to, from = OUTSIDE) => {
      const session = await SmtpSession.open(cloud.endpoints.smtp.host, cloud.endpoints.smtp.port);
      try {
        return await session.send({ reversePath: from, recipients: [to].flat() }, Buffer.from(message));
      } finally {
        session.close();
      }
    },
    penfold: async (...args) => {
      const program = join(projectRoot, "bin", "penfold-cli.ts");
      const { AWS_ENDPOINT_URL: _, ...env } = process.env;
      const { stdout } = await promisify(execFile)(process.execPath, [program, ...args, "--data", cloud.dataDir], { env });
      return stdout;
    },
    stop: () => cloud.stop(),
  };
};

/** An ordinary plain text message. */
export const textMessage = (fields: { subject: string; to: string; from?: string; text?: string; more?: readonly string[] }): string =>
  [
    `From: Mair Talbot <${fields.from ?? OUTSIDE}>`,
    `To: ${fields.to}`,
    `Subject: ${fields.subject}`,
    `Message-ID: <${fields.subject.replace(/[^A-Za-z0-9]+/g, "-")}@lakeside-clinic.example>`,
    "Date: Sun, 22 Nov 2026 09:00:00 +0000",
    ...(fields.more ?? []),
    "",
    fields.text ?? "Good morning.",
    "",
  ].join("\r\n");
