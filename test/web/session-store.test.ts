import { describe, expect, it, vi } from "vitest";
import { Cognito, CognitoError } from "../../web/src/identity/cognito.ts";
import { SessionStore } from "../../web/src/identity/session-store.ts";

class MemoryStorage implements Storage {
  readonly #items = new Map<string, string>();
  get length() {
    return this.#items.size;
  }
  clear() {
    this.#items.clear();
  }
  getItem(key: string) {
    return this.#items.get(key) ?? null;
  }
  key() {
    return null;
  }
  removeItem(key: string) {
    this.#items.delete(key);
  }
  setItem(key: string, value: string) {
    this.#items.set(key, value);
  }
}

const config = {
  region: "eu-west-2",
  userPoolId: "eu-west-2_x",
  userPoolClientId: "c",
  cognitoEndpoint: "https://c.example",
  apiUrl: "",
  socketUrl: null,
  idleMinutes: 30,
};
const tokens = (life: number) => ({ accessToken: "old", refreshToken: "r", expiresAt: Date.now() + life });

function rig(refresh: () => Promise<{ accessToken: string; refreshToken: string; expiresAt: number }>) {
  const cognito = new Cognito(config);
  const refreshed = vi.spyOn(cognito, "refresh").mockImplementation(refresh);
  const revoked = vi.spyOn(cognito, "revoke").mockImplementation(async () => {});
  const storage = new MemoryStorage();
  const store = new SessionStore(cognito, storage);
  const ended: string[] = [];
  store.onSignedOut = (reason) => ended.push(reason);
  return { store, storage, refreshed, revoked, ended };
}

describe("the session of a tab", () => {
  it("renews once for many askers, early enough", async () => {
    const { store, refreshed } = rig(async () => ({ accessToken: "new", refreshToken: "r", expiresAt: Date.now() + 3_600_000 }));
    store.begin(tokens(30_000));
    expect(await Promise.all([store.accessToken(), store.accessToken(), store.accessToken()])).toEqual(["new", "new", "new"]);
    expect(refreshed).toHaveBeenCalledTimes(1);
  });

  it("keeps a good token, and drops it when the service has refused it", async () => {
    const { store } = rig(async () => ({ accessToken: "new", refreshToken: "r", expiresAt: Date.now() + 3_600_000 }));
    store.begin(tokens(3_600_000));
    expect(await store.accessToken()).toBe("old");
    expect(await store.accessToken("old")).toBe("new");
  });

  it("ends when the refresh token is dead, not when the network is", async () => {
    let code = "network";
    const { store, storage, ended } = rig(async () => {
      throw new CognitoError(code, "");
    });
    store.begin(tokens(1000));
    await expect(store.accessToken()).rejects.toThrow();
    expect(store.isSignedIn()).toBe(true);
    code = "NotAuthorizedException";
    await expect(store.accessToken()).rejects.toThrow();
    expect(store.isSignedIn()).toBe(false);
    expect(ended).toEqual(["expired"]);
    expect(storage.length).toBe(0);
  });

  it("H08: signing out revokes and leaves nothing, even when revoking fails", async () => {
    const { store, storage, revoked, ended } = rig(async () => tokens(1));
    revoked.mockImplementation(async () => {
      throw new CognitoError("network", "");
    });
    store.begin(tokens(3_600_000));
    storage.setItem("something", "of the person");
    await store.signOut("asked");
    expect(revoked).toHaveBeenCalledWith("r");
    expect(storage.length).toBe(0);
    expect(ended).toEqual(["asked"]);
    await expect(store.accessToken()).rejects.toThrow();
  });

  it("survives a reload of the page and ignores what it cannot read", () => {
    const { store, storage } = rig(async () => tokens(1));
    store.begin(tokens(3_600_000));
    expect(new SessionStore(new Cognito(config), storage).isSignedIn()).toBe(true);
    storage.setItem("penfold.session", "{broken");
    expect(new SessionStore(new Cognito(config), storage).isSignedIn()).toBe(false);
  });
});
