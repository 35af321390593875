import type { Stage } from "./api.ts";

/** Token bucket of a stage's default route settings. */
export class Throttle {
  #tokens = 0;
  #atMs = 0;

  admits(limit: Stage["throttle"], nowMs: number): boolean {
    if (limit === null) return true;
    this.#tokens = Math.min(limit.burst, this.#atMs === 0 ? limit.burst : this.#tokens + ((nowMs - this.#atMs) / 1000) * limit.rate);
    this.#atMs = nowMs;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
