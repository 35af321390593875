/**
 * Who is signed in on this tab. Tokens live in memory and in sessionStorage (so that a reload keeps the person signed in), never in
 * localStorage or cookies: closing the tab ends it, and signing out in one tab signs out the others of the same person.
 */
import { type Cognito, CognitoError, type Tokens } from "./cognito.ts";

const key = "penfold.session";
/** Refreshed this long before its end, so that a slow request never carries a dead token. */
const earlyMilliseconds = 60_000;

export type SignedOutReason = "asked" | "expired" | "idle";

export class SessionStore {
  readonly #cognito: Cognito;
  readonly #storage: Storage;
  readonly #channel: BroadcastChannel | null;
  readonly #listeners = new Set<() => void>();
  #tokens: Tokens | null;
  #refreshing: Promise<string> | null = null;
  onSignedOut: (reason: SignedOutReason) => void = () => {};

  constructor(cognito: Cognito, storage: Storage) {
    this.#cognito = cognito;
    this.#storage = storage;
    this.#tokens = this.#read();
    this.#channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("penfold");
    this.#channel?.addEventListener("message", (event) => {
      if (event.data === "signedOut" && this.#tokens) this.#end("asked");
    });
  }

  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };
  readonly isSignedIn = () => this.#tokens !== null;

  begin(tokens: Tokens): void {
    this.#write(tokens);
  }

  /** An access token with life left in it. `stale` is a token that the service has just refused. */
  async accessToken(stale?: string): Promise<string> {
    const tokens = this.#tokens;
    if (!tokens) throw new CognitoError("NotAuthorizedException", "signed out");
    if (tokens.expiresAt - earlyMilliseconds > Date.now() && tokens.accessToken !== stale) return tokens.accessToken;
    this.#refreshing ??= this.#refresh(tokens).finally(() => {
      this.#refreshing = null;
    });
    return this.#refreshing;
  }

  async #refresh(tokens: Tokens): Promise<string> {
    try {
      const fresh = await this.#cognito.refresh(tokens.refreshToken);
      if (this.#tokens !== tokens) throw new CognitoError("NotAuthorizedException", "signed out");
      this.#write(fresh);
      return fresh.accessToken;
    } catch (error) {
      const ended = error instanceof CognitoError && ["NotAuthorizedException", "UserNotFoundException"].includes(error.code);
      if (ended && this.#tokens === tokens) this.#end("expired");
      throw error;
    }
  }

  /** Revokes the tokens (best effort: the person must be able to leave when the network is down) and forgets everything. */
  async signOut(reason: SignedOutReason): Promise<void> {
    const tokens = this.#tokens;
    this.#channel?.postMessage("signedOut");
    this.#storage.clear();
    if (tokens) {
      const limit = new Promise((done) => setTimeout(done, 3000));
      await Promise.race([this.#cognito.revoke(tokens.refreshToken).catch(() => {}), limit]);
    }
    this.#end(reason);
  }

  #end(reason: SignedOutReason): void {
    this.#tokens = null;
    this.#storage.clear();
    for (const listener of this.#listeners) listener();
    this.onSignedOut(reason);
  }

  #write(tokens: Tokens): void {
    this.#tokens = tokens;
    this.#storage.setItem(key, JSON.stringify(tokens));
    for (const listener of this.#listeners) listener();
  }

  #read(): Tokens | null {
    try {
      const stored = JSON.parse(this.#storage.getItem(key) ?? "null") as Partial<Tokens> | null;
      if (!stored?.accessToken || !stored.refreshToken || typeof stored.expiresAt !== "number") return null;
      return stored as Tokens;
    } catch {
      return null;
    }
  }
}
