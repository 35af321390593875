import { describe, expect, it } from "vitest";
import { limits } from "../../../core/limits.ts";
import type { VapidKeyStore } from "../../../core/ports/vapid-keys.ts";
import { keyFor } from "../../../core/push/vapid.ts";

/** Two processes of one service, which has keys or not; `now` is their clock. */
export const vapidKeyStoreContract = (name: string, factory: (now: () => number) => [VapidKeyStore, VapidKeyStore]): void => {
  describe(`VapidKeyStore: ${name} (RFC 9749 §5)`, () => {
    it("gives all processes one key, and after a replacement the one before it, once what they hold is old", async () => {
      let now = 1_700_000_000_000;
      const [one, other] = factory(() => now);
      const [mine, theirs] = await Promise.all([one.read(), other.read()]);
      expect(theirs.current.publicKey).toBe(mine.current.publicKey);
      const next = await one.replace(now, { isAtOnce: false });
      expect(next.current.publicKey).not.toBe(mine.current.publicKey);
      expect(next).toMatchObject({ former: { publicKey: mine.current.publicKey }, replacedAt: now });
      expect((await other.read()).current.publicKey).toBe(mine.current.publicKey);
      expect((await other.readAnew()).current.publicKey).toBe(next.current.publicKey);
      expect((await one.read()).current.publicKey).toBe(mine.current.publicKey);
      now += limits.push.keysHeldSeconds * 1000;
      const read = await one.read();
      expect(read.current.publicKey).toBe(next.current.publicKey);
      expect(keyFor(read, mine.current.publicKey, now)?.publicKey).toBe(mine.current.publicKey);
    });

    it("keeps no key that has become known", async () => {
      const [one, other] = factory(() => 1_700_000_000_000);
      const before = await other.readAnew();
      const { current } = await one.replace(1_700_000_000_000, { isAtOnce: true });
      const after = await other.readAnew();
      expect(after).toMatchObject({ former: null, current: { publicKey: current.publicKey } });
      expect(keyFor(after, before.current.publicKey, 1_700_000_000_000)).toBeNull();
    });
  });
};
