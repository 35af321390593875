/**
 * Recipients that make SES misbehave on purpose, as at simulator.amazonses.com, at any domain that is not our own.
 * A label may follow: bounce+ward7@anywhere.example.
 */
const simulated = [
  "success",
  "bounce",
  "transient",
  "complaint",
  "ooto",
  "suppressionlist",
  "reject",
  "throttle",
  "delay",
  "notls",
] as const;
export type Simulated = (typeof simulated)[number];

export const simulatedOutcome = (address: string): Simulated | null => {
  const local = address.slice(0, address.lastIndexOf("@")).toLowerCase().replace(/\+.*$/, "");
  return simulated.find((name) => name === local) ?? null;
};
