/** `npm run penfold -- …`: the operator's commands, on the laptop's service or one in AWS. */
import { parseArgs } from "node:util";
import { changeAccess, movePerson } from "./cli/access.ts";
import type { Given } from "./cli/arguments.ts";
import { listDeadLetters, listHeld, redriveDeadLetters, releaseHeld, showDeadLetters, showHeld, trace } from "./cli/mail-flow.ts";
import { addMailbox, addPerson, disablePerson, enablePerson, putList, rebuildSearch, setQuota, showQuota } from "./cli/people.ts";
import { replaceKey } from "./cli/push.ts";
import { Refusal } from "./cli/refusal.ts";
import { openService, type Service } from "./cli/service.ts";

const usage = `npm run penfold -- COMMAND [OPTIONS]

  person add --mail M --name N [--alias A …] [--organisation ID] [--job-title T] [--quota 4G]
  person disable --mail M            person enable --mail M
  person move --mail M [--organisation ID]         (without: to none, as a leaver; shares, shared mailboxes and lists end)
  mailbox add --mail M --name N [--access M:owner|readWrite|readOnly …] [--organisation ID] [--quota 4G]
  mailbox access --mail M [--access M:RIGHTS …] [--remove M …]
  list add --mail M [--name N] [--member A …]      (the members replace those it had)
  quota set --mail M --quota 8G      quota show --mail M
  search rebuild --mail M
  push replace-key [--at-once]                     (at once: the one before has become known; its subscriptions end)
  trace --message-id ID | --sender A | --recipient A  [--since 7d] [--limit 20]
  quarantine list [--limit 50] [--after TOKEN]
  quarantine show RECEIPT            quarantine release RECEIPT
  dlq list                           dlq show STAGE [--limit 10]      dlq redrive STAGE

Works on the laptop's running service (--data FOLDER, else PENFOLD_DATA or .penfold). For one in AWS, with credentials in the
environment or a profile: --region R --account N [--service penfold] [--epoch 1], and --aws while a laptop's service runs.`;

const commands: Readonly<Record<string, (service: Service, given: Given) => Promise<string>>> = {
  "person add": addPerson,
  "person disable": disablePerson,
  "person enable": enablePerson,
  "person move": movePerson,
  "mailbox add": addMailbox,
  "mailbox access": changeAccess,
  "list add": putList,
  "quota set": setQuota,
  "quota show": showQuota,
  "search rebuild": rebuildSearch,
  "push replace-key": replaceKey,
  trace,
  "quarantine list": listHeld,
  "quarantine show": showHeld,
  "quarantine release": releaseHeld,
  "dlq list": listDeadLetters,
  "dlq show": showDeadLetters,
  "dlq redrive": redriveDeadLetters,
};

const text = { type: "string" } as const;
const texts = { type: "string", multiple: true } as const;
const options = {
  mail: text,
  name: text,
  alias: texts,
  organisation: text,
  "job-title": text,
  quota: text,
  access: texts,
  remove: texts,
  member: texts,
  "message-id": text,
  sender: text,
  recipient: text,
  since: text,
  limit: text,
  after: text,
  data: text,
  region: text,
  account: text,
  service: text,
  epoch: text,
  aws: { type: "boolean" },
  "at-once": { type: "boolean" },
  help: { type: "boolean", short: "h" },
} as const;

const main = async (): Promise<void> => {
  const given = readArguments();
  const name = [given.positionals.slice(0, 2).join(" "), given.positionals[0] ?? ""].find((candidate) => candidate in commands);
  if (!name || given.values.help) {
    console.log(usage);
    process.exitCode = given.values.help ? 0 : 2;
    return;
  }
  const { service = "penfold", region, account, epoch, data, aws = false } = given.values;
  console.log(await commands[name]!(openService({ service, region, account, epoch, data, aws }), given));
};

const readArguments = () => {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new Refusal(`${(error as Error).message}\n\n${usage}`);
  }
};

main().catch((error: unknown) => {
  // Anything else is a fault of the service or of this program: its stack is wanted.
  console.error(error instanceof Refusal ? error.message : error);
  process.exitCode = 1;
});
