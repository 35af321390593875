import type { VapidKeys } from "../push/vapid.ts";

/** The service's keys for Web Push, shared by all its functions. The first is made by whoever asks first. */
export interface VapidKeyStore {
  /** Up to `limits.push.keysHeldSeconds` old. */
  read(): Promise<VapidKeys>;
  /** As they are now. */
  readAnew(): Promise<VapidKeys>;
  /** Makes a new key at `now` (ms since 1970 UTC). The one before is kept as the former one, unless `isAtOnce`: then its subscriptions end. */
  replace(now: number, options: { readonly isAtOnce: boolean }): Promise<VapidKeys>;
}
