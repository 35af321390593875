/** A small invented mailbox for looking at the webmail without a service. */
export interface SampleEmail {
  id: string;
  threadId: string;
  mailboxIds: Record<string, boolean>;
  keywords: Record<string, boolean>;
  from: { name: string | null; email: string }[];
  to: { name: string | null; email: string }[];
  cc: { name: string | null; email: string }[] | null;
  subject: string;
  receivedAt: string;
  preview: string;
  html: string | null;
  text: string;
  files: { name: string; type: string; content: Buffer; cid?: string }[];
}

const people = [
  ["Amara Cole", "amara.cole"],
  ["Dr Owen Pritchard", "owen.pritchard"],
  ["Leila Haddad", "leila.haddad"],
  ["Tomasz Wierzba", "tomasz.wierzba"],
  ["Grace Adeyemi", "grace.adeyemi"],
  ["Ward 7 Desk", "ward7"],
  ["Pharmacy", "pharmacy"],
] as const;

const subjects = [
  "Rota for next week",
  "Bed meeting at 14:00",
  "Discharge summary to check",
  "Mandatory training: moving and handling",
  "Bloods for bay 3",
  "Handover notes",
  "Stock: dressings and saline",
  "Car park barrier out of order",
  "Visiting times over the holiday",
  "Thank you from a family",
];

export const me = { name: "Nia Bevan", email: "nia.bevan@northvale.health.example" };

const html = (body: string) =>
  `<html><head><style>.lead{color:#003087;font-weight:bold} table{border-collapse:collapse} td,th{border:1px solid #ccc;padding:6px}</style></head><body>${body}</body></html>`;

function email(index: number, minutesAgo: number, fields: Partial<SampleEmail>): SampleEmail {
  const [name, local] = people[index % people.length] ?? people[0];
  const subject = subjects[index % subjects.length] ?? "";
  return {
    id: `E${index}`,
    threadId: `T${index}`,
    mailboxIds: { inbox: true },
    keywords: index > 3 ? { $seen: true } : {},
    from: [{ name, email: `${local}@northvale.health.example` }],
    to: [me],
    cc: null,
    subject,
    receivedAt: new Date(Date.now() - minutesAgo * 60_000).toISOString(),
    preview: `Hello Nia, about ${subject.toLowerCase()}: could you look at this before the end of your shift and let me know`,
    html: null,
    text: `Hello Nia,\n\nAbout ${subject.toLowerCase()}: could you look at this before the end of your shift and let me know?\nDetails are at https://intranet.northvale.health.example/rota\n\nThank you\n${name}\n\n> On Monday you wrote:\n> I will check it tomorrow.`,
    files: [],
    ...fields,
  };
}

export function sampleMail(): SampleEmail[] {
  const emails: SampleEmail[] = [
    email(0, 4, {
      subject: "Rota for next week",
      html: html(
        `<p>Hello Nia,</p><p class="lead">The rota for next week is below. Please tell me by 17:00 if something cannot work.</p><table><tr><th>Day</th><th>Early</th><th>Late</th><th>Night</th></tr><tr><td>Monday</td><td>Nia</td><td>Leila</td><td>Tomasz</td></tr><tr><td>Tuesday</td><td>Grace</td><td>Nia</td><td>Amara</td></tr></table><p>The whole plan is <a href="https://rota.northvale.health.example/week/48">on the rota page</a>.</p><p>Amara</p>`,
      ),
      files: [{ name: "rota-week-48.pdf", type: "application/pdf", content: Buffer.alloc(182_000, "x") }],
      keywords: {},
    }),
    email(1, 26, {
      subject: "Your parcel could not be delivered",
      from: [{ name: "Parcel Office", email: "notice@parcels-track.example" }],
      html: html(
        `<p>Dear customer,</p><img src="https://parcels-track.example/open.gif?u=1" width="1" height="1"><p>Your parcel is waiting. <a href="https://login.evil.example/pay">www.royal-parcels.example</a></p><img src="https://parcels-track.example/logo.png" alt="Parcel Office">`,
      ),
      keywords: {},
    }),
    email(2, 55, { keywords: { $flagged: true } }),
  ];
  for (let index = 3; index < 140; index += 1)
    emails.push(
      email(index, 60 + index * 97, {
        files: index % 5 === 0 ? [{ name: "notes.txt", type: "text/plain", content: Buffer.from("notes") }] : [],
      }),
    );
  emails.push(
    email(200, 9, {
      id: "E200",
      threadId: "T4",
      subject: "Re: Bloods for bay 3",
      from: [{ name: "Grace Adeyemi", email: "grace.adeyemi@northvale.health.example" }],
      keywords: {},
    }),
  );
  emails.push(
    email(201, 300, {
      id: "E201",
      threadId: "T4",
      subject: "Re: Bloods for bay 3",
      from: [me],
      to: [{ name: "Grace Adeyemi", email: "grace.adeyemi@northvale.health.example" }],
      mailboxIds: { sent: true },
      keywords: { $seen: true },
    }),
  );
  return emails;
}
