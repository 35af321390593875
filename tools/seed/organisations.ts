/** The three sample organisations. Their names, codes and domains are invented; `.example` is reserved (RFC 2606). */
export interface TeamPlan {
  readonly key: string;
  readonly name: string;
  readonly place: string;
  readonly specialty?: string;
  readonly size: number;
  /** Job titles; the first is the team's lead. */
  readonly roles: readonly string[];
}

export interface OrganisationPlan {
  readonly key: string;
  readonly name: string;
  readonly odsCode: string;
  readonly domain: string;
  readonly teams: readonly TeamPlan[];
  readonly sites: readonly string[];
  /** Shared mailboxes: local part, name, team that works in it. */
  readonly sharedMailboxes: readonly { readonly local: string; readonly name: string; readonly team: string }[];
}

const team = (key: string, name: string, place: string, size: number, roles: string, specialty?: string): TeamPlan => ({
  key,
  name,
  place,
  size,
  specialty,
  roles: roles.split(", "),
});

export const organisationPlans: readonly OrganisationPlan[] = [
  {
    key: "northvale",
    name: "Northvale University Hospitals",
    odsCode: "XN901",
    domain: "northvale.health.example",
    sites: ["Northvale General", "Harrow Lane Hospital", "The Ridge Day Unit"],
    teams: [
      team(
        "cardiology",
        "Cardiology",
        "Northvale General, Level 4",
        18,
        "Consultant Cardiologist, Cardiac Physiologist, Specialty Registrar, Ward Sister, Staff Nurse, Medical Secretary",
        "Cardiology",
      ),
      team(
        "emergency",
        "Emergency Department",
        "Northvale General, Ground floor",
        18,
        "Consultant in Emergency Medicine, Charge Nurse, Staff Nurse, Advanced Clinical Practitioner, Reception Coordinator",
        "Emergency medicine",
      ),
      team(
        "oncology",
        "Oncology",
        "Harrow Lane Hospital",
        14,
        "Consultant Oncologist, Clinical Nurse Specialist, Specialty Registrar, Therapeutic Radiographer, Trial Coordinator",
        "Medical oncology",
      ),
      team(
        "imaging",
        "Imaging",
        "Northvale General, Level 1",
        13,
        "Consultant Radiologist, Lead Radiographer, Radiographer, Sonographer, Imaging Bookings Clerk",
        "Clinical radiology",
      ),
      team(
        "pharmacy",
        "Pharmacy",
        "Northvale General, Level 0",
        12,
        "Chief Pharmacist, Clinical Pharmacist, Pharmacy Technician, Medicines Safety Officer",
        "Pharmacy",
      ),
      team(
        "patient-services",
        "Patient Services",
        "Northvale General, Main hall",
        11,
        "Head of Patient Services, Bookings Clerk, Complaints Officer, Interpreter Coordinator",
      ),
      team(
        "digital",
        "Digital Services",
        "The Annexe",
        12,
        "Chief Clinical Information Officer, Service Desk Analyst, Systems Administrator, Clinical Safety Officer, Training Lead",
      ),
      team(
        "executive",
        "Executive Office",
        "Trust Headquarters",
        7,
        "Chief Executive, Medical Director, Chief Nurse, Director of Finance, Board Secretary, Executive Assistant",
      ),
    ],
    sharedMailboxes: [
      { local: "referrals", name: "Northvale Referrals", team: "patient-services" },
      { local: "imaging.bookings", name: "Imaging Bookings", team: "imaging" },
      { local: "servicedesk", name: "Digital Service Desk", team: "digital" },
      { local: "medicines.information", name: "Medicines Information", team: "pharmacy" },
    ],
  },
  {
    key: "southmere",
    name: "Southmere Community Health",
    odsCode: "XS417",
    domain: "southmere.health.example",
    sites: ["Southmere Health Centre", "Quay Street Surgery", "Bellfield Clinic"],
    teams: [
      team(
        "general-practice",
        "General Practice",
        "Southmere Health Centre",
        17,
        "GP Partner, Salaried GP, Practice Nurse, Practice Manager, Receptionist, Care Coordinator",
        "General practice",
      ),
      team(
        "district-nursing",
        "District Nursing",
        "Quay Street Surgery",
        14,
        "District Nurse Lead, District Nurse, Healthcare Assistant, Tissue Viability Nurse",
        "Community nursing",
      ),
      team(
        "therapies",
        "Therapies",
        "Bellfield Clinic",
        12,
        "Therapies Lead, Physiotherapist, Occupational Therapist, Speech and Language Therapist, Dietitian",
        "Rehabilitation",
      ),
      team(
        "health-visiting",
        "Health Visiting",
        "Bellfield Clinic",
        9,
        "Health Visitor Lead, Health Visitor, Nursery Nurse",
        "Community nursing",
      ),
      team(
        "operations",
        "Operations",
        "Southmere Health Centre",
        7,
        "Operations Manager, Finance Officer, Estates Coordinator, Workforce Officer",
      ),
    ],
    sharedMailboxes: [
      { local: "appointments", name: "Southmere Appointments", team: "general-practice" },
      { local: "singlepoint", name: "Single Point of Access", team: "district-nursing" },
    ],
  },
  {
    key: "trust",
    name: "Marchfield Children's Trust",
    odsCode: "XM228",
    domain: "trust.example",
    sites: ["Marchfield Children's Hospital", "The Lantern Centre"],
    teams: [
      team(
        "paediatrics",
        "Paediatrics",
        "Marchfield Children's Hospital",
        14,
        "Consultant Paediatrician, Specialty Registrar, Paediatric Nurse, Play Specialist, Ward Clerk",
        "Paediatrics",
      ),
      team(
        "mental-health",
        "Young People's Mental Health",
        "The Lantern Centre",
        11,
        "Consultant Psychiatrist, Clinical Psychologist, Family Therapist, Mental Health Nurse",
        "Child and adolescent psychiatry",
      ),
      team(
        "safeguarding",
        "Safeguarding",
        "Marchfield Children's Hospital",
        5,
        "Named Doctor for Safeguarding, Named Nurse, Safeguarding Administrator",
      ),
      team(
        "administration",
        "Administration",
        "Marchfield Children's Hospital",
        6,
        "General Manager, Rota Coordinator, Medical Secretary, Communications Officer",
      ),
    ],
    sharedMailboxes: [{ local: "duty.desk", name: "Lantern Duty Desk", team: "mental-health" }],
  },
];
