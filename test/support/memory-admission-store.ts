/** Requests under way in memory. */
import type { AdmissionStore } from "../../core/ports/admission-store.ts";

export class MemoryAdmissionStore implements AdmissionStore {
  private readonly places = new Map<string, Map<string, number>>();
  private readonly counts = new Map<string, number>();
  private made = 0;

  async enter(request: Parameters<AdmissionStore["enter"]>[0]): ReturnType<AdmissionStore["enter"]> {
    const { who, client, kind, most, perMinute, now, until } = request;
    const key = `${who} ${kind} ${client}`;
    const minute = `${who} ${kind} ${Math.floor(now / 60_000)}`;
    const taken = this.places.get(key) ?? new Map<string, number>();
    this.places.set(key, taken);
    for (const [place, end] of taken) if (end <= now) taken.delete(place);
    const count = this.counts.get(minute) ?? 0;
    if (count >= perMinute) return { outcome: "tooOften" };
    if (taken.size >= most) return { outcome: "tooMany" };
    const place = String(this.made++);
    taken.set(place, until);
    this.counts.set(minute, count + 1);
    return { outcome: "entered", place };
  }

  async leave({ who, client, kind, place }: Parameters<AdmissionStore["leave"]>[0]): Promise<void> {
    this.places.get(`${who} ${kind} ${client}`)?.delete(place);
  }
}
