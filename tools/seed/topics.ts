/** What people of a health service write to each other about. `{…}` is filled in; nothing here is about anyone. */
import type { AttachmentKind } from "./attachments.ts";

export interface Topic {
  readonly name: string;
  /** Who takes part: the team, people of the whole organisation, or people of several. */
  readonly circle: "team" | "organisation" | "region";
  readonly subjects: readonly string[];
  readonly openings: readonly string[];
  readonly replies: readonly string[];
  readonly attachments: readonly AttachmentKind[];
  /** How likely an opening carries one. */
  readonly attachmentChance: number;
}

export const topics: readonly Topic[] = [
  {
    name: "handover",
    circle: "team",
    subjects: ["Handover {day} {shift}", "{shift} handover, {place}", "Notes for the {shift} team"],
    openings: [
      "Quiet {shift} overall. Bay {n} is full, two side rooms are free.\n\nPlease note:",
      "Handover below. {count} patients, {n} awaiting transport, one for review before ten.",
      "Busy start, calmer after midnight. Everything outstanding is on the board; the points that matter:",
    ],
    replies: [
      "Thank you, picked up. Bay {n} has been moved round as you suggested.",
      "All seen, nothing further from our side.",
      "Thanks. The pump in bay {n} has gone for repair, reference {ref}.",
    ],
    attachments: ["csv"],
    attachmentChance: 0.1,
  },
  {
    name: "rota",
    circle: "team",
    subjects: ["Rota swap {date}?", "Cover needed: {day} {shift}", "Draft rota from {date}", "On call over the bank holiday"],
    openings: [
      "Could anyone take my {shift} on {date}? Happy to return the favour the week after.",
      "The draft rota from {date} is ready. Please check your own line and tell me by {day}.",
      "We are one short for the {shift} on {day}. Any offers before I go to the bank?",
    ],
    replies: [
      "I can do that one if you take my {day}.",
      "Not this time, sorry. Have you asked the other site?",
      "Fine by me, please confirm with the coordinator.",
      "Done, the rota is updated.",
    ],
    attachments: ["csv", "pdf"],
    attachmentChance: 0.35,
  },
  {
    name: "beds",
    circle: "organisation",
    subjects: ["Bed position {time}", "Capacity call {day} {time}", "Escalation level {n} from {time}"],
    openings: [
      "Position at {time}: {count} in the department, {n} waiting over four hours, {count} confirmed discharges today.",
      "We move to level {n} at {time}. Please bring discharge plans to the {time} call and release beds as soon as they are clean.",
    ],
    replies: [
      "{place}: two more after the round, one needs transport.",
      "Side room available from {time}.",
      "Pharmacy will prioritise the take-home medicines, send us the list.",
    ],
    attachments: ["png"],
    attachmentChance: 0.4,
  },
  {
    name: "meeting",
    circle: "team",
    subjects: ["Team meeting {date}", "Agenda: multidisciplinary meeting {date}", "Minutes of {date}", "Journal club on {day}"],
    openings: [
      "The agenda for {date} is attached. Please send additions by {day} noon.",
      "We meet on {date} at {time} in the seminar room; the dial-in is in the invitation.",
      "Minutes attached. Actions are marked with initials; tell me if I got any wrong.",
    ],
    replies: [
      "Apologies, I am in clinic until {time}.",
      "Can we add the equipment list to the agenda?",
      "I will bring the figures for the last quarter.",
      "Thanks for the minutes. Item {n} was agreed, not deferred.",
    ],
    attachments: ["ics", "pdf"],
    attachmentChance: 0.75,
  },
  {
    name: "referral",
    circle: "region",
    subjects: ["Referral {ref}: advice please", "Advice and guidance {ref}", "Transfer of care {ref}"],
    openings: [
      "Could you advise on referral {ref}? The summary is in the record; the question is whether to start before the scan or wait for it.",
      "We would like to transfer follow-up of {ref} to your clinic nearer home. The last two letters are on the shared record.",
      "Thank you for seeing {ref} so quickly. May we arrange the next review with you rather than here?",
    ],
    replies: [
      "Happy to see in clinic within two weeks. Bookings copied in.",
      "I would wait for the scan; earliest slot is {date}.",
      "Advice: repeat the bloods first, then let us know. No need to attend in person.",
      "Accepted, with thanks. Letter to follow.",
    ],
    attachments: ["pdf"],
    attachmentChance: 0.5,
  },
  {
    name: "results",
    circle: "organisation",
    subjects: ["Reporting times this week", "Urgent results pathway", "Imaging backlog {date}"],
    openings: [
      "Reporting stands at {n} days for routine and same day for urgent studies. The chart shows the last twelve weeks.",
      "From {date} urgent results are phoned and then sent to the requesting team's list, not to single addresses.",
    ],
    replies: [
      "Much better than last month, thank you.",
      "Does this include the {place} scanner?",
      "Can our clinic be added to the urgent list?",
    ],
    attachments: ["png", "csv"],
    attachmentChance: 0.7,
  },
  {
    name: "medicines",
    circle: "organisation",
    subjects: ["Medicines alert {ref}", "Shortage: alternative from {date}", "Fridge temperatures in {place}"],
    openings: [
      "A supply problem affects one strength until about {date}. Use the alternative in the table and check the dose twice.",
      "Please check the batch numbers in the attached alert and reply even when you hold none.",
      "The fridge log in {place} had a gap on {date}. Stock has been quarantined until we hear from the manufacturer.",
    ],
    replies: [
      "None held here.",
      "Two boxes found and removed.",
      "Checked and signed, log attached to the folder.",
      "Is the liquid form affected as well?",
    ],
    attachments: ["pdf", "csv"],
    attachmentChance: 0.6,
  },
  {
    name: "digital",
    circle: "organisation",
    subjects: ["Planned work on {day} night", "New version of the record from {date}", "Printers in {place}", "Training places: {date}"],
    openings: [
      "The record will be read-only on {day} between {time} and 05:00. Use the downtime forms; the helpdesk stays open.",
      "The new version has a clearer allergy banner and a shorter discharge form. A ten-minute film is on the intranet.",
      "Printing in {place} goes to the wrong tray since the update. A fix is being tested, reference {ref}.",
    ],
    replies: [
      "Our clinic runs on {day} evening, could it start an hour later?",
      "Works again, thank you.",
      "Still happening on the second floor.",
      "Please book me and one colleague on the {date} session.",
    ],
    attachments: ["png", "pdf"],
    attachmentChance: 0.25,
  },
  {
    name: "audit",
    circle: "team",
    subjects: ["Audit: first figures", "Hand hygiene {month}", "Infection control walkround {date}", "Draft poster for the conference"],
    openings: [
      "First figures are in: {count} records checked, {n} gaps, nearly all in the timing column. Chart attached.",
      "The walkround found little to correct. Please replace the two torn curtains and the missing sign by {date}.",
      "Draft poster attached. Comments by {day}, please be kind about the colours.",
    ],
    replies: [
      "Good work. Can we show it at the next meeting?",
      "The timing gaps are the clock on the old monitor, I think.",
      "Signs are up. Curtains ordered, reference {ref}.",
      "I would drop the second chart, it says the same as the first.",
    ],
    attachments: ["png", "csv"],
    attachmentChance: 0.8,
  },
  {
    name: "staff",
    circle: "team",
    subjects: [
      "Welcome to our new colleague",
      "Appraisals before {date}",
      "Leave over the summer",
      "Cake in the office",
      "Collection for a leaving present",
    ],
    openings: [
      "A new colleague joins us on {date}. Please say hello and show where the good coffee is.",
      "Appraisals are due by {date}. Pick a slot from the list; the forms are shorter this year.",
      "There is cake in the office, first come first served. It is somebody's birthday and they are not telling which.",
    ],
    replies: [
      "Welcome!",
      "Slot {n} for me, please.",
      "Lovely, thank you 🎂",
      "I am away that week, could it be {day}?",
      "Diolch yn fawr, I will be there.",
    ],
    attachments: ["ics"],
    attachmentChance: 0.1,
  },
  {
    name: "estates",
    circle: "organisation",
    subjects: ["Lift {n} out of use", "Car park changes from {date}", "Water off in {place} {date}", "Fire drill {day}"],
    openings: [
      "Lift {n} is out of use until {date}. Bed moves go by the north lift; allow ten more minutes.",
      "The water will be off in {place} on {date} from {time} for about two hours.",
      "There will be a fire drill on {day} around {time}. Clinics do not stop, one person a team takes part.",
    ],
    replies: ["We have theatre transfers then, could we talk?", "Noted, thank you.", "Will the hydrotherapy pool be affected?"],
    attachments: ["pdf"],
    attachmentChance: 0.3,
  },
  {
    name: "safeguarding",
    circle: "region",
    subjects: ["Training dates, level {n}", "Case conference {ref}: time change", "Supervision group {date}"],
    openings: [
      "The conference for {ref} moves to {time} on {date}. Please confirm who attends; papers go by the secure folder only.",
      "Places are free on the level {n} training on {date}. Reply with your team and how many of you come.",
    ],
    replies: [
      "Confirmed, I will attend.",
      "Two places for our team, please.",
      "I cannot make {time}; my deputy will come.",
      "Papers received, thank you.",
    ],
    attachments: ["ics", "pdf"],
    attachmentChance: 0.45,
  },
];

/** From the top to everybody, through the all-staff lists. */
export const announcements: readonly { readonly subject: string; readonly paragraphs: readonly string[] }[] = [
  {
    subject: "Winter plans and your vaccination",
    paragraphs: [
      "Dear colleagues,",
      "Winter plans start on Monday. The vaccination hub is in the main hall from 07:00, no appointment needed.",
      "Thank you for looking after our patients and each other.",
    ],
  },
  {
    subject: "Results of the staff survey",
    paragraphs: [
      "Dear all,",
      "More of you answered than ever. Three things stand out: you value your teams, you want fewer forms, and the rest rooms need work.",
      "- Each team discusses its own results this month\n- A short list of forms to drop is due by the end of the quarter\n- Two rest rooms are being done up first",
    ],
  },
  {
    subject: "Visiting times",
    paragraphs: ["From next week visiting is from 11:00 to 20:00 on all wards.", "Please be flexible where it helps a patient."],
  },
  {
    subject: "Planned maintenance of the mail service",
    paragraphs: ["Mail may arrive a few minutes late on Sunday between 02:00 and 04:00.", "Nothing will be lost. You need do nothing."],
  },
  {
    subject: "Beware of messages that ask for your password",
    paragraphs: [
      "Several of us were sent messages that pretend to come from the service desk.",
      "We never ask for a password. Report what looks odd; nobody minds a false alarm.",
    ],
  },
  {
    subject: "Our new values, in one page",
    paragraphs: [
      "You helped to write them, so there should be no surprises.",
      "Kind, curious, reliable. A page for your wall is attached.",
    ],
  },
];

/** Mail from outside the service. */
export const outsiders: readonly {
  readonly name: string;
  readonly mail: string;
  readonly subject: string;
  readonly paragraphs: readonly string[];
  readonly junk: boolean;
}[] = [
  {
    name: "Brightwater Instruments",
    mail: "orders@brightwater.example",
    subject: "Your order {ref} has left us",
    paragraphs: ["Your order {ref} left our warehouse today and should be with you on {date}.", "Please check the seals before you sign."],
    junk: false,
  },
  {
    name: "Regional Conference Office",
    mail: "office@conference.example",
    subject: "Abstracts: last day is {date}",
    paragraphs: ["The last day for abstracts is {date}.", "Posters are welcome from all professions."],
    junk: false,
  },
  {
    name: "Library Alerts",
    mail: "alerts@library.example",
    subject: "New in your field this month",
    paragraphs: ["{count} new articles match your interests.", "Sign in to read them in full."],
    junk: false,
  },
  {
    name: "City Council Transport",
    mail: "transport@council.example",
    subject: "Bus routes near {place} change on {date}",
    paragraphs: ["Routes {n} and {n} change on {date}. The night service stays."],
    junk: false,
  },
  {
    name: "Prize Department",
    mail: "winner@lucky-draw.example",
    subject: "You have been chosen!!!",
    paragraphs: ["Dear friend, you are the winner of our great draw.", "Send your details within 24 hours to collect the prize."],
    junk: true,
  },
  {
    name: "Cheap Office Chairs",
    mail: "offers@chairs.example",
    subject: "-70 % only today",
    paragraphs: ["Chairs, chairs, chairs. Only today, only for you."],
    junk: true,
  },
];
