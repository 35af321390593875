/** Web Push. */
import { limits } from "../../core/limits.ts";
import type { Given } from "./arguments.ts";
import type { Service } from "./service.ts";

/** RFC 9749 §5 */
export const replaceKey = async (service: Service, given: Given): Promise<string> => {
  const isAtOnce = given.values["at-once"] === true;
  const { current } = await service.vapidKeys.replace(service.now(), { isAtOnce });
  const ended = isAtOnce
    ? "Subscriptions under the one before get no more pushes and end."
    : `Subscriptions under the one before are served for ${limits.push.lifeDays} days more.`;
  return `Sessions name the key ${current.publicKey} within a minute. ${ended}`;
};
