/** The order and names in which mailboxes are shown. */
import type { Mailbox } from "../jmap/types.ts";

const roleOrder = ["inbox", "drafts", "sent", "archive", "junk", "trash"];
const roleNames: Record<string, string> = {
  inbox: "Inbox",
  drafts: "Drafts",
  sent: "Sent",
  archive: "Archive",
  junk: "Junk",
  trash: "Deleted",
};

export interface MailboxRow {
  readonly mailbox: Mailbox;
  readonly name: string;
  readonly depth: number;
}

export const mailboxName = (mailbox: Mailbox): string => (mailbox.role && roleNames[mailbox.role]) || mailbox.name;

export const withRole = (mailboxes: readonly Mailbox[], role: string): Mailbox | undefined => mailboxes.find((each) => each.role === role);

/** Mailboxes with a role first in a fixed order, then by sortOrder and name; children below their parent. */
export function mailboxRows(mailboxes: readonly Mailbox[]): readonly MailboxRow[] {
  const rank = (mailbox: Mailbox) => {
    const place = roleOrder.indexOf(mailbox.role ?? "");
    return place === -1 ? roleOrder.length : place;
  };
  const order = (left: Mailbox, right: Mailbox) =>
    rank(left) - rank(right) || left.sortOrder - right.sortOrder || left.name.localeCompare(right.name, "en-GB");
  const known = new Set(mailboxes.map((each) => each.id));
  const rows: MailboxRow[] = [];
  const visited = new Set<string>();
  const visit = (parentId: string | null, depth: number) => {
    const children = mailboxes.filter((each) => (each.parentId && known.has(each.parentId) ? each.parentId : null) === parentId);
    for (const mailbox of children.sort(order)) {
      if (visited.has(mailbox.id)) continue;
      visited.add(mailbox.id);
      rows.push({ mailbox, name: mailboxName(mailbox), depth });
      visit(mailbox.id, depth + 1);
    }
  };
  visit(null, 0);
  return rows;
}
